import Bytes
import CacheModel

/// `modifiedAt 8 │ length 8 │ key length 2, key`
package enum TruncateCoding: EffectCoding {
    package static let kind = RecordKind.truncate

    package static func encode(_ effect: borrowing Effect, into buffer: inout IOBuffer) {
        guard case .truncate(let key, let length, let modifiedAt, _) = copy effect else {
            preconditionFailure("not a truncate")
        }
        buffer.append(littleEndian: modifiedAt.milliseconds)
        buffer.append(littleEndian: UInt64(length))
        buffer.append(key: key)
    }

    @_lifetime(copy body)
    package static func decode(_ body: Span<UInt8>, of kind: Kind) throws(BodyFlaw) -> Effect {
        var reader = BodyReader(body)
        let modifiedAt = try reader.instant()
        guard let length = Int(exactly: try reader.number(UInt64.self)) else { throw .outOfRange("length") }
        let key = try reader.key()
        try reader.end()
        return .truncate(key: key, length: length, modifiedAt: modifiedAt, kind: kind)
    }

    @_lifetime(copy body)
    package static func key(in body: Span<UInt8>) throws(BodyFlaw) -> Span<UInt8> {
        var reader = BodyReader(body)
        _ = try reader.take(16)
        return try reader.key()
    }
}
