import CacheModel
import Crypto
import Observability
import Synchronization

/// Whether the server should be given requests.
package enum Readiness: UInt8, Sendable {
    case starting, ready, draining
}

/// What all loops share of the HTTP surface: nothing that changes but the readiness.
package final class CacheAPI: Sendable {
    let engine: any Engine
    let settings: APISettings
    let access: AccessPolicy
    let metrics: MetricsRegistry
    /// Seals cursors of table walks, which mean nothing to another process.
    let processSecret = SecureRandom.bytes(32)
    private let readinessFlag = Atomic<UInt8>(Readiness.starting.rawValue)

    package init(engine: any Engine, settings: APISettings, access: AccessPolicy, metrics: MetricsRegistry) {
        self.engine = engine
        self.settings = settings
        self.access = access
        self.metrics = metrics
    }

    /// Set by the server's lifecycle; a statistic to everybody else, so `relaxed` suffices.
    package var readiness: Readiness {
        get { Readiness(rawValue: readinessFlag.load(ordering: .relaxed)) ?? .starting }
        set { readinessFlag.store(newValue.rawValue, ordering: .relaxed) }
    }
}
