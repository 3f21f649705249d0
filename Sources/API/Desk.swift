import Bytes
import CacheModel
import HTTP1
import Observability

/// Where one loop works on one request at a time: the tools it needs, kept warm.
///
/// A noncopyable value rather than the worker object itself, so that the compiler proves at build time that no two
/// parts of it are used against each other, and no check is left for the request line.
struct Desk: ~Copyable {
    private let inPlace = InPlace()
    let api: CacheAPI
    var engine: any Engine
    var gate: (any ChangeGate)?
    let metrics: RequestMetrics
    /// This loop's copy of the policy, and which one it is.
    var access: AccessPolicy
    var accessVersion: UInt64
    var random: SplitMix64

    /// The engine's answer to the command at hand.
    var reply = Reply()
    /// A decoded key, where the path held escapes.
    var key = IOBuffer()
    /// Stored fields of a value about to be written.
    var fields = IOBuffer()
    /// Bodies in the making.
    var scratch = IOBuffer()
    /// What a problem shows of the request: see ``Problem/Members``.
    var noted = IOBuffer()
    var dates = DateLine()
    /// The time zones that were needed so far.
    var zones = ZoneSet()
    /// What was granted to callers that are held until their turn comes, by connection. One that left leaves it there,
    /// for the next on the same place to forget.
    var held: [Int: HeldVerdict] = [:]
    /// A policy as the last answer about a rate limit named it.
    var policyText = PolicyText()
    /// The authority last found to be this machine: most clients say the same each time.
    var approvedHost = IOBuffer()

    /// What the client wants confirmed of the change at hand.
    var acknowledgement: Acknowledgement?

    /// What `admit` found out about the request at hand.
    var route = Routes.all[0]
    /// Read from the head once: each look at another module's object is a checked access.
    var isHead = false
    var hasQuery = false
    var principal = Principal.stranger
    /// The stream that was just opened, until the connection takes it.
    var opening: EventStreamPlan?
    let loop: Int
    /// The hub was given something: this loop looks into its inbox by itself.
    var hasPublished = false

    init(api: CacheAPI, loop: Int, seed: UInt64) {
        self.api = api
        engine = api.openData.engine
        gate = api.openData.gate
        metrics = api.metrics.requests(ofLoop: loop)
        accessVersion = api.accessVersion
        access = api.access
        random = SplitMix64(seed: seed)
        self.loop = loop
    }

    /// Runs a command that the engine answers at once; the engine empties the reply first.
    ///
    /// A pending answer to anything but a watch would mean an engine that is not at hand; there is none yet.
    mutating func execute(_ command: borrowing Command, _ turn: Turn) throws(Problem) {
        guard engine.execute(command, at: turn.now, ticket: turn.ticket, reply: &reply) == .completed else {
            engine.cancel(turn.ticket)
            throw .unavailable
        }
    }
}
