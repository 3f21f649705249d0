import Bytes
import CacheModel

/// What the log says about itself. A control record carries the position of the record before it.
package enum ControlRecord: Sendable, Equatable {
    /// All records up to this position were synced when the batch was written. The body also holds the segment's stamp,
    /// so that no bytes of a client's value can pass for a mark where the log is damaged.
    case mark(Position)
    /// The digest of the data set at the record's position.
    case digest(UInt64)
    /// The wall clock moved by so many milliseconds more than the monotonic one.
    case clockStep(Int64)

    var kind: RecordKind {
        switch self {
        case .mark: .mark
        case .digest: .digest
        case .clockStep: .clockStep
        }
    }

    /// The body: 8 bytes, and 8 for the stamp of a mark, which sealing fills in.
    func encode(into buffer: inout IOBuffer) {
        switch self {
        case .mark(let position):
            buffer.append(littleEndian: position.packed)
            buffer.append(littleEndian: UInt64(0))
        case .digest(let digest): buffer.append(littleEndian: digest)
        case .clockStep(let step): buffer.append(littleEndian: step)
        }
    }

    /// The control record a body states, nil for a kind that is none.
    static func decode(_ kind: RecordKind, _ body: Span<UInt8>) throws(BodyFlaw) -> ControlRecord? {
        guard [.mark, .digest, .clockStep].contains(kind) else { return nil }
        var reader = BodyReader(body)
        let word = try reader.number(UInt64.self)
        if kind == .mark { _ = try reader.number(UInt64.self) }
        try reader.end()
        switch kind {
        case .mark: return .mark(Position(packed: word))
        case .digest: return .digest(word)
        default: return .clockStep(Int64(bitPattern: word))
        }
    }
}
