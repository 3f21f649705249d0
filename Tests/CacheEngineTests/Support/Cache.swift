import Bytes
import CacheModel

@testable import CacheEngine

/// What a reply said, in a form that can be compared and kept.
struct Answer: Equatable, CustomStringConvertible {
    var outcome: Outcome
    var entry: EntryInfo
    var written: Position
    var missedAt: Instant?
    var fields: [UInt8]
    var value: [UInt8]
    var rows: [Row] = []
    var nextCursor: UInt64?

    struct Row: Equatable {
        var outcome: Outcome
        var key: [UInt8]
        var info: EntryInfo
        var fields: [UInt8]
        var value: [UInt8]
        var isPrefix: Bool

        var keyText: String { String(decoding: key, as: UTF8.self) }
        var text: String { String(decoding: value, as: UTF8.self) }
    }

    var text: String { String(decoding: value, as: UTF8.self) }
    var description: String {
        "\(outcome) \(entry) written \(written) at \(String(describing: missedAt)) \(value.count) bytes"
    }

    var isMiss: Bool { if case .miss = outcome { true } else { false } }
    var reason: MissReason? { if case .miss(let reason) = outcome { reason } else { nil } }

    init(_ reply: borrowing Reply) {
        outcome = reply.outcome
        entry = reply.entry
        written = reply.written
        missedAt = reply.missedAt
        fields = reply.fields.readable.array
        value = reply.valueBytes.array
        nextCursor = reply.nextCursor
        for row in reply.rows {
            rows.append(
                Row(
                    outcome: row.outcome, key: reply.bytes.readable.extracting(row.key).array, info: row.info,
                    fields: reply.bytes.readable.extracting(row.fields).array,
                    value: reply.bytes.readable.extracting(row.value).array, isPrefix: row.isPrefix))
        }
    }
}

extension Span where Element == UInt8 {
    var array: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}

/// Tickets that were delivered.
final class Deliveries: CompletionSink {
    private let tickets = Guarded<[Ticket]>([])

    func deliver(_ ticket: Ticket) { tickets.withLock { $0.append(ticket) } }

    func take() -> [Ticket] {
        tickets.withLock { tickets in
            defer { tickets = [] }
            return tickets
        }
    }
}

/// Conditions of a write, in test spelling.
struct Conditions {
    var ifMatch: Tags = .absent
    var ifNoneMatch: Tags = .absent
    var ifUnmodifiedSince: Int64?

    enum Tags {
        case absent
        case any
        case of([Position])
    }
}

/// An engine with a clock of its own, driven with strings.
final class Cache {
    let engine: EmbeddedEngine
    let deliveries = Deliveries()
    var now = Instant(milliseconds: 1_800_000_000_000)
    private var generation: UInt32 = 0

    init(
        shards: Int = 4, maxMemory: Int = 0, policy: EvictionPolicy = .default, orderedKeys: Bool = false,
        limits: Limits = Limits(), seed: UInt64 = 1, secret: UInt64? = nil, reader: (any EffectReader)? = nil
    ) {
        let configuration = EngineConfiguration(
            shards: shards, maxMemory: maxMemory, policy: policy, orderedKeys: orderedKeys, limits: limits,
            hashSecret: ((secret ?? seed) &* 3, (secret ?? seed) &* 7), seed: seed, epoch: 3)
        engine = EmbeddedEngine(configuration: configuration, completions: deliveries, reader: reader)
    }

    func pass(_ milliseconds: Int64) { now = now.advanced(byMilliseconds: milliseconds) }

    var statistics: EngineStatistics { engine.statistics() }

    func maintain() { engine.maintain(at: now, worker: 0, of: 1) }

    func nextTicket() -> Ticket {
        generation += 1
        return Ticket(loop: 0, connection: 1, generation: generation)
    }

    private func run(_ command: borrowing Command) -> Answer {
        var reply = Reply()
        let execution = engine.execute(command, at: now, ticket: nextTicket(), reply: &reply)
        precondition(execution == .completed)
        return Answer(reply)
    }

    func get(_ key: String, slides: Bool = true, acceptsStale: Bool = true, wantsValue: Bool = true) -> Answer {
        get(Array(key.utf8), slides: slides, acceptsStale: acceptsStale, wantsValue: wantsValue)
    }

    func get(_ key: [UInt8], slides: Bool = true, acceptsStale: Bool = true, wantsValue: Bool = true) -> Answer {
        run(.read(Read(key: key.span, slides: slides, acceptsStale: acceptsStale, wantsValue: wantsValue)))
    }

    @discardableResult
    func put(
        _ key: String, _ value: String, fields: [UInt8] = [], lifetime: LifetimeChange = .set(.unlimited),
        version: CallerVersion? = nil, if conditions: Conditions = Conditions(), wantsPrevious: Bool = false
    ) -> Answer {
        put(
            Array(key.utf8), Array(value.utf8), fields: fields, lifetime: lifetime, version: version, if: conditions,
            wantsPrevious: wantsPrevious)
    }

    @discardableResult
    func put(
        _ key: [UInt8], _ value: [UInt8], fields: [UInt8] = [], lifetime: LifetimeChange = .set(.unlimited),
        version: CallerVersion? = nil, if conditions: Conditions = Conditions(), wantsPrevious: Bool = false
    ) -> Answer {
        conditioned(conditions) { precondition in
            run(
                .put(
                    Put(
                        key: key.span, value: value.span, fields: fields.span, lifetime: lifetime, version: version,
                        precondition: precondition, wantsPrevious: wantsPrevious)))
        }
    }

    /// Stores with a time to live.
    @discardableResult
    func put(_ key: String, _ value: String, ttl: Int64) -> Answer {
        put(key, value, lifetime: .set(Lifetime(expiresAt: now.advanced(byMilliseconds: ttl))))
    }

    @discardableResult
    func delete(
        _ key: String, version: CallerVersion? = nil, if conditions: Conditions = Conditions(),
        wantsPrevious: Bool = false
    ) -> Answer {
        let key = Array(key.utf8)
        return conditioned(conditions) { precondition in
            run(
                .delete(
                    Delete(key: key.span, version: version, precondition: precondition, wantsPrevious: wantsPrevious)))
        }
    }

    @discardableResult
    func extend(
        _ key: String, _ bytes: String, at end: ExtendEnd = .back, maximum: Int = .max, fields: [UInt8] = [],
        if conditions: Conditions = Conditions()
    ) -> Answer {
        let (key, bytes) = (Array(key.utf8), Array(bytes.utf8))
        return conditioned(conditions) { precondition in
            run(
                .extend(
                    Extend(
                        key: key.span, bytes: bytes.span, end: end, maximumLength: maximum, fields: fields.span,
                        precondition: precondition)))
        }
    }

    @discardableResult
    func truncate(_ key: String, to length: Int, if conditions: Conditions = Conditions()) -> Answer {
        let key = Array(key.utf8)
        return conditioned(conditions) { precondition in
            run(.truncate(Truncate(key: key.span, length: length, precondition: precondition)))
        }
    }

    @discardableResult
    func touch(
        _ key: String, _ change: TouchChange, if conditions: Conditions = Conditions(), wantsValue: Bool = false
    ) -> Answer {
        let key = Array(key.utf8)
        return conditioned(conditions) { precondition in
            run(.touch(Touch(key: key.span, change: change, precondition: precondition, wantsValue: wantsValue)))
        }
    }

    /// The ticket that waits, or the answer.
    func watch(_ key: String, known: [Position], acceptsStale: Bool = true) -> (ticket: Ticket?, answer: Answer?) {
        let key = Array(key.utf8)
        var reply = Reply()
        let ticket = nextTicket()
        let command = Command.watch(Watch(key: key.span, known: .oneOf(known.span), acceptsStale: acceptsStale))
        switch engine.execute(command, at: now, ticket: ticket, reply: &reply) {
        case .completed: return (nil, Answer(reply))
        case .pending: return (ticket, nil)
        }
    }

    func list(
        prefix: String = "", ordered: Bool = false, start: String = "", end: String = "", delimiter: String = "",
        cursor: UInt64? = nil, after: [UInt8] = [], limit: Int = 1000
    ) -> Answer {
        let (prefix, start, end) = (Array(prefix.utf8), Array(start.utf8), Array(end.utf8))
        let delimiter = Array(delimiter.utf8)
        return run(
            .list(
                List(
                    prefix: prefix.span, ordered: ordered, start: start.span, end: end.span, delimiter: delimiter.span,
                    tableCursor: cursor, after: after.span, limit: limit)))
    }

    func group(_ operations: [GroupOperation], bytes: [UInt8]) -> Answer {
        run(.group(Group(operations: operations.span, bytes: bytes.span)))
    }

    private func conditioned(_ conditions: Conditions, _ body: (borrowing Precondition) -> Answer) -> Answer {
        let empty: [Position] = []
        let match = if case .of(let positions) = conditions.ifMatch { positions } else { empty }
        let noneMatch = if case .of(let positions) = conditions.ifNoneMatch { positions } else { empty }
        return body(
            Precondition(
                ifMatch: Self.condition(conditions.ifMatch, match.span),
                ifNoneMatch: Self.condition(conditions.ifNoneMatch, noneMatch.span),
                ifUnmodifiedSince: conditions.ifUnmodifiedSince))
    }

    @_lifetime(copy positions)
    private static func condition(_ tags: Conditions.Tags, _ positions: Span<Position>) -> TagCondition {
        switch tags {
        case .absent: .absent
        case .any: .any
        case .of: .oneOf(positions)
        }
    }
}
