import CacheModel
import Crypto
import Durability
import Observability
import PubSub
import Synchronization

/// Whether the server should be given requests.
package enum Readiness: UInt8, Sendable {
    case starting, ready, draining
}

/// What all loops share of the HTTP surface: nothing that changes but the readiness.
package final class CacheAPI: Sendable {
    /// Publish/subscribe.
    package let hub: Hub
    let tickets = TicketStore()
    let settings: APISettings
    let metrics: MetricsRegistry
    /// Seals cursors of table walks, which mean nothing to another process.
    let processSecret = SecureRandom.bytes(32)
    /// How far loading the data is.
    package let loading = RecoveryProgress()
    private let snapshotService = Mutex<SnapshotService?>(nil)
    private let policy: Mutex<AccessPolicy>
    private let data: Mutex<OpenData>
    /// Rises with every change of `policy` and `data`: a worker keeps copies and looks here, not at the locks, with
    /// each request.
    private let policyVersion = Atomic<UInt64>(1)
    private let readinessFlag = Atomic<UInt8>(Readiness.starting.rawValue)

    package init(engine: any Engine, hub: Hub, settings: APISettings, access: AccessPolicy, metrics: MetricsRegistry) {
        data = Mutex(OpenData(engine: engine, gate: nil))
        self.hub = hub
        self.settings = settings
        policy = Mutex(access)
        self.metrics = metrics
    }

    /// Who makes snapshots: set once recovery is over, nil without a data directory.
    package var snapshots: SnapshotService? {
        get { snapshotService.withLock { $0 } }
        set { snapshotService.withLock { $0 = newValue } }
    }

    /// Set by the server's lifecycle; a statistic to everybody else, so `relaxed` suffices.
    package var readiness: Readiness {
        get { Readiness(rawValue: readinessFlag.load(ordering: .relaxed)) ?? .starting }
        set { readinessFlag.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Who may do what. Set again when tokens are read anew; every request that is judged later goes by it.
    package var access: AccessPolicy {
        get { policy.withLock { $0 } }
        set {
            policy.withLock { $0 = newValue }
            policyVersion.add(1, ordering: .releasing)
        }
    }

    /// What holds the data, and whether it may be changed. Set once more when the data has been loaded.
    package var openData: OpenData {
        get { data.withLock { $0 } }
        set {
            data.withLock { $0 = newValue }
            policyVersion.add(1, ordering: .releasing)
        }
    }

    package var accessVersion: UInt64 { policyVersion.load(ordering: .acquiring) }
}

/// The engine that answers, and what its changes need.
package struct OpenData: Sendable {
    package var engine: any Engine
    /// Nil where nothing is kept: then changes are always admitted.
    package var gate: (any ChangeGate)?

    package init(engine: any Engine, gate: (any ChangeGate)?) {
        self.engine = engine
        self.gate = gate
    }
}
