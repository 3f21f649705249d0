import API
import CacheModel
import Observability
import Reactor
import Synchronization

/// What all loops see: built once before the first thread starts.
final class SharedServer: Sendable {
    let configuration: ServerConfiguration
    let api: CacheAPI
    let metrics: MetricsRegistry
    let mailboxes: [Mailbox]
    let sessions: SessionNews
    let limits: ConnectionLimits
    private let keeperSlot = Mutex<Keeper?>(nil)

    /// The log, once the data has been loaded; nil where nothing is kept.
    var keeper: Keeper? { keeperSlot.withLock { $0 } }

    /// Lets requests for the data in.
    func open(_ engine: any Engine, keeper: Keeper?) {
        keeperSlot.withLock { $0 = keeper }
        api.openData = OpenData(engine: engine, gate: keeper)
        api.readiness = .ready
        for mailbox in mailboxes { mailbox.deliver(ControlWord.opened) }
    }

    init(
        configuration: ServerConfiguration, api: CacheAPI, metrics: MetricsRegistry,
        mailboxes: [Mailbox], sessions: SessionNews, limits: ConnectionLimits
    ) {
        self.configuration = configuration
        self.api = api
        self.metrics = metrics
        self.mailboxes = mailboxes
        self.sessions = sessions
        self.limits = limits
    }
}
