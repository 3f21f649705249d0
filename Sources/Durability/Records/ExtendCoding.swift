import Bytes
import CacheModel

/// `modifiedAt 8 │ end 1: 0 front, 1 back │ key length 2, key │ bytes to the end`
package enum ExtendCoding: EffectCoding {
    package static let kind = RecordKind.extend

    package static func encode(_ effect: borrowing Effect, into buffer: inout IOBuffer) {
        guard case .extend(let key, let bytes, let end, let modifiedAt, _) = copy effect else {
            preconditionFailure("not an extend")
        }
        buffer.append(littleEndian: modifiedAt.milliseconds)
        buffer.append(end == .front ? 0 : 1)
        buffer.append(key: key)
        buffer.append(bytes)
    }

    @_lifetime(copy body)
    package static func decode(_ body: Span<UInt8>, of kind: Kind) throws(BodyFlaw) -> Effect {
        var reader = BodyReader(body)
        let modifiedAt = try reader.instant()
        let end = try reader.number(UInt8.self)
        guard end < 2 else { throw .outOfRange("end") }
        let key = try reader.key()
        return .extend(
            key: key, bytes: reader.rest(), end: end == 0 ? .front : .back, modifiedAt: modifiedAt, kind: kind)
    }

    @_lifetime(copy body)
    package static func key(in body: Span<UInt8>) throws(BodyFlaw) -> Span<UInt8> {
        var reader = BodyReader(body)
        _ = try reader.take(9)
        return try reader.key()
    }
}
