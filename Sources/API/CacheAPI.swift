import CacheModel
import Crypto
import Observability
import PubSub
import Synchronization

/// Whether the server should be given requests.
package enum Readiness: UInt8, Sendable {
    case starting, ready, draining
}

/// What all loops share of the HTTP surface: nothing that changes but the readiness.
package final class CacheAPI: Sendable {
    let engine: any Engine
    /// Publish/subscribe.
    package let hub: Hub
    let tickets = TicketStore()
    let settings: APISettings
    let metrics: MetricsRegistry
    /// Seals cursors of table walks, which mean nothing to another process.
    let processSecret = SecureRandom.bytes(32)
    private let policy: Mutex<AccessPolicy>
    /// Rises with every change of `policy`: a worker keeps a copy and looks here, not at the lock, with each request.
    private let policyVersion = Atomic<UInt64>(1)
    private let readinessFlag = Atomic<UInt8>(Readiness.starting.rawValue)

    package init(engine: any Engine, hub: Hub, settings: APISettings, access: AccessPolicy, metrics: MetricsRegistry) {
        self.engine = engine
        self.hub = hub
        self.settings = settings
        policy = Mutex(access)
        self.metrics = metrics
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

    package var accessVersion: UInt64 { policyVersion.load(ordering: .acquiring) }
}
