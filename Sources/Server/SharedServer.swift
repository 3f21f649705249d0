import API
import CacheModel
import Observability
import Reactor

/// What all loops see: built once before the first thread starts.
final class SharedServer: Sendable {
    let configuration: ServerConfiguration
    let engine: any Engine
    let api: CacheAPI
    let metrics: MetricsRegistry
    let mailboxes: [Mailbox]
    let limits: ConnectionLimits

    init(
        configuration: ServerConfiguration, engine: any Engine, api: CacheAPI, metrics: MetricsRegistry,
        mailboxes: [Mailbox], limits: ConnectionLimits
    ) {
        self.configuration = configuration
        self.engine = engine
        self.api = api
        self.metrics = metrics
        self.mailboxes = mailboxes
        self.limits = limits
    }
}
