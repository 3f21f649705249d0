import API
import Bytes
import CacheEngine
import CacheModel
import Crypto
import Durability
import Observability
import Posix
import PubSub
import Reactor

/// Builds what the loops share, from the bottom up.
enum Wiring {
    /// Descriptors kept for the log, replication and administration when the connection limit is derived.
    private static let descriptorReserve = 64

    static func build(
        _ configuration: ServerConfiguration, loops: Int, descriptors: Int
    ) throws -> SharedServer {
        var mailboxes: [Mailbox] = []
        for _ in 0..<loops { mailboxes.append(try Mailbox()) }
        let access = try configuration.tokens.accessPolicy()
        let keepsData = !configuration.keeping.directory.isEmpty
        let sessions = SessionNews(mailboxes[0])
        let engine: any Engine =
            keepsData
            ? UnopenedEngine()
            : EmbeddedEngine(
                configuration: engineConfiguration(configuration), completions: TicketRouter(mailboxes: mailboxes),
                listener: sessions)
        let hub = Hub(epoch: startingEpoch, loops: loops, waker: EventWaker(mailboxes: mailboxes))
        let metrics = MetricsRegistry(loops: loops, routes: RouteID.names)
        let api = CacheAPI(
            engine: engine, hub: hub, settings: apiSettings(configuration, access), access: access, metrics: metrics)
        let most = configuration.limits.connections
        return SharedServer(
            configuration: configuration, api: api, metrics: metrics, mailboxes: mailboxes, sessions: sessions,
            limits: ConnectionLimits(
                most: most > 0 ? most : max(1, descriptors - descriptorReserve),
                mostPerNetwork: configuration.limits.connectionsPerAddress))
    }

    /// The engine of a data directory.
    static func engine(
        _ server: SharedServer, identity: Recovery.Identity, log: DurableLog
    ) -> EmbeddedEngine {
        var engine = engineConfiguration(server.configuration)
        engine.hashSecret = identity.hashSecret
        engine.epoch = identity.epoch
        engine.startingNumber = identity.number ?? startingNumber
        return EmbeddedEngine(
            configuration: engine, completions: TicketRouter(mailboxes: server.mailboxes), reader: log,
            listener: server.sessions)
    }

    private static func apiSettings(_ configuration: ServerConfiguration, _ access: AccessPolicy) -> APISettings {
        var settings = APISettings()
        settings.limits = configuration.dataLimits
        settings.bodyLimit = configuration.limits.bodySize
        settings.orderedKeys = configuration.orderedKeys
        settings.sessionClientIDs = configuration.sessionClientIDs
        settings.version = ProductVersion.text
        settings.openAPI = OpenAPIDocument.bytes
        settings.readZone = { name in
            ZoneDatabase.zone(named: name).map { zone in
                Zone(
                    name: name, firstOffset: zone.firstOffset,
                    transitions: zone.transitions.map { (at: $0.at, offset: $0.offset) })
            }
        }
        settings.loopbackOnly = access.isOpen && !configuration.insecure
        return settings
    }

    private static func engineConfiguration(_ configuration: ServerConfiguration) -> EngineConfiguration {
        var engine = EngineConfiguration(
            maxMemory: configuration.maxMemory, policy: EvictionPolicy(name: configuration.eviction.rawValue)!,
            orderedKeys: configuration.orderedKeys, limits: configuration.dataLimits,
            hashSecret: (SecureRandom.word(), SecureRandom.word()), seed: SecureRandom.word())
        engine.startingNumber = startingNumber
        return engine
    }

    /// Without a data directory nothing of a topic survives a restart, so the order of events begins anew each time,
    /// and a cursor of another run must be told from one of this: milliseconds since 2020 differ, and fit 48 bits.
    private static var startingEpoch: UInt64 {
        UInt64(max(1, Clock.wallMilliseconds() - 1_577_836_800_000)) & (1 << 48 - 1)
    }

    /// Nothing survives a restart, and yet no entity tag may come again for other content: so positions go on from the
    /// clock. 256 numbers a millisecond are more than a server gives out on average, and 48 bits last until 2054.
    private static var startingNumber: UInt64 {
        let start2020: Int64 = 1_577_836_800_000
        return UInt64(max(0, Clock.wallMilliseconds() - start2020)) << 8 & (1 << 48 - 1)
    }
}

extension ConnectionTimeouts {
    init(_ configuration: ServerConfiguration) {
        self.init(
            firstByte: configuration.firstByteTimeoutMilliseconds, idle: configuration.idleTimeoutMilliseconds,
            head: configuration.headTimeoutMilliseconds, body: configuration.bodyTimeoutMilliseconds,
            write: configuration.writeTimeoutMilliseconds)
    }
}
