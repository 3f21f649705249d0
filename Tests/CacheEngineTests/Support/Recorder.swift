import Bytes
import CacheModel
import Testing

@testable import CacheEngine

/// An effect record, copied.
struct Record: Sendable {
    enum Change: Sendable {
        case put(value: [UInt8], fields: [UInt8], state: EntryState)
        case extend(bytes: [UInt8], end: ExtendEnd, modifiedAt: Instant)
        case truncate(length: Int, modifiedAt: Instant)
        case lifetime(Lifetime, freshUntil: Instant)
        case delete(MissReason, at: Instant, version: UInt64?, keptUntil: Instant)
        case patch(edits: [UInt8], modifiedAt: Instant)
    }

    let kind: Kind
    let key: [UInt8]
    let change: Change
    let position: Position
    let remaining: Int
}

/// Keeps every record it is told of.
final class Recorder: EffectReader {
    private let kept = Guarded<[Record]>([])
    private let digests = Guarded<UInt64>(0)

    func record(_ effect: borrowing Effect, at position: Position, remaining: Int, digestChange: UInt64) {
        let record: Record
        switch copy effect {
        case .put(let key, let value, let fields, let state, let kind):
            record = Record(
                kind: kind, key: key.array, change: .put(value: value.array, fields: fields.array, state: state),
                position: position, remaining: remaining)
        case .extend(let key, let bytes, let end, let modifiedAt, let kind):
            record = Record(
                kind: kind, key: key.array, change: .extend(bytes: bytes.array, end: end, modifiedAt: modifiedAt),
                position: position, remaining: remaining)
        case .truncate(let key, let length, let modifiedAt, let kind):
            record = Record(
                kind: kind, key: key.array, change: .truncate(length: length, modifiedAt: modifiedAt),
                position: position,
                remaining: remaining)
        case .lifetime(let key, let lifetime, let freshUntil, let kind):
            record = Record(
                kind: kind, key: key.array, change: .lifetime(lifetime, freshUntil: freshUntil), position: position,
                remaining: remaining)
        case .patch(let key, let edits, let modifiedAt, let kind):
            record = Record(
                kind: kind, key: key.array, change: .patch(edits: edits.array, modifiedAt: modifiedAt),
                position: position, remaining: remaining)
        case .delete(let key, let reason, let at, let version, let keptUntil, let kind):
            record = Record(
                kind: kind, key: key.array, change: .delete(reason, at: at, version: version, keptUntil: keptUntil),
                position: position, remaining: remaining)
        }
        kept.withLock { $0.append(record) }
        digests.withLock { $0 &+= digestChange }
    }

    /// The digest of the data set as the records tell it.
    var digest: UInt64 { digests.withLock { $0 } }

    var all: [Record] { kept.withLock { $0 } }

    func records(from index: Int) -> [Record] { kept.withLock { Array($0[index...]) } }

    var count: Int { kept.withLock { $0.count } }
}

extension Record {
    /// Gives the effect it was made from.
    func give(to body: (borrowing Effect, Position) -> Void) {
        switch change {
        case .put(let value, let fields, let state):
            body(
                .put(key: key.span, value: value.span, fields: fields.span, state: state, kind: kind), position)
        case .extend(let bytes, let end, let modifiedAt):
            body(
                .extend(key: key.span, bytes: bytes.span, end: end, modifiedAt: modifiedAt, kind: kind), position)
        case .patch(let edits, let modifiedAt):
            body(.patch(key: key.span, edits: edits.span, modifiedAt: modifiedAt, kind: kind), position)
        case .truncate(let length, let modifiedAt):
            body(.truncate(key: key.span, length: length, modifiedAt: modifiedAt, kind: kind), position)
        case .lifetime(let lifetime, let freshUntil):
            body(.lifetime(key: key.span, lifetime: lifetime, freshUntil: freshUntil, kind: kind), position)
        case .delete(let reason, let at, let version, let keptUntil):
            body(
                .delete(
                    key: key.span, reason: reason, at: at, version: version, versionKeptUntil: keptUntil,
                    kind: kind), position)
        }
    }
}

extension EmbeddedEngine {
    func apply(_ record: Record) { record.give { apply($0, at: $1) } }

    /// Replays records as a start does, and checks that they say by how much they changed the digest.
    func replay(_ records: [Record]) {
        var (digest, boards) = (digest, boardDigest)
        for (index, record) in records.enumerated() {
            record.give { digest &+= replay($0, at: $1) }
            guard index % 97 == 0 || index == records.count - 1 else { continue }
            let before = boards
            boards = boardDigest
            digest &+= boards &- before
            #expect(digest == self.digest, "behind record \(index)")
        }
    }
}
