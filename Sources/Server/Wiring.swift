import API
import Bytes
import CacheEngine
import CacheModel
import Crypto
import HTTP1
import Observability
import Posix
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
        let access = try accessPolicy(configuration)
        let engine = EmbeddedEngine(
            configuration: engineConfiguration(configuration), completions: TicketRouter(mailboxes: mailboxes),
            reader: nil)
        let metrics = MetricsRegistry(loops: loops, routes: RouteID.names)
        let api = CacheAPI(
            engine: engine, settings: apiSettings(configuration, access), access: access, metrics: metrics)
        let most = configuration.limits.connections
        return SharedServer(
            configuration: configuration, engine: engine, api: api, metrics: metrics, mailboxes: mailboxes,
            limits: ConnectionLimits(
                most: most > 0 ? most : max(1, descriptors - descriptorReserve),
                mostPerNetwork: configuration.limits.connectionsPerAddress))
    }

    private static func accessPolicy(_ configuration: ServerConfiguration) throws -> AccessPolicy {
        let lines = try configuration.tokens.lines()
        do throws(AccessPolicy.ParseFailure) {
            return try AccessPolicy.parse(lines.span)
        } catch {
            throw ConfigurationError("tokens, line \(error.line)", error.reason.message.description)
        }
    }

    private static func apiSettings(_ configuration: ServerConfiguration, _ access: AccessPolicy) -> APISettings {
        var settings = APISettings()
        settings.limits = limits(configuration)
        settings.bodyLimit = configuration.limits.bodySize
        settings.orderedKeys = configuration.orderedKeys
        settings.version = ProductVersion.text
        settings.openAPI = OpenAPIDocument.bytes
        settings.loopbackOnly = access.isOpen && !configuration.insecure
        return settings
    }

    private static func limits(_ configuration: ServerConfiguration) -> Limits {
        var limits = Limits()
        limits.valueBytes = configuration.limits.valueSize
        return limits
    }

    private static func engineConfiguration(_ configuration: ServerConfiguration) -> EngineConfiguration {
        EngineConfiguration(
            maxMemory: configuration.maxMemory, policy: EvictionPolicy(name: configuration.eviction.rawValue)!,
            orderedKeys: configuration.orderedKeys, limits: limits(configuration),
            hashSecret: (SecureRandom.word(), SecureRandom.word()), seed: SecureRandom.word())
    }
}

extension ServerConfiguration {
    /// The protocol's limits as configured.
    var httpLimits: HTTPLimits {
        var made = HTTPLimits()
        made.requestLine = limits.requestLine
        made.fieldBytes = limits.headerBytes
        made.fields = min(limits.headerFields, RequestHead.fieldCapacity)
        made.body = limits.bodySize
        return made
    }
}

extension ConnectionTimeouts {
    init(_ configuration: ServerConfiguration) {
        let timeouts = configuration.timeouts
        self.init(
            firstByte: timeouts.firstByte.milliseconds, idle: timeouts.idle.milliseconds,
            head: timeouts.head.milliseconds, body: timeouts.body.milliseconds, write: timeouts.write.milliseconds)
    }
}
