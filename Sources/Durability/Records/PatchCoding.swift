import Bytes
import CacheModel

/// `modifiedAt 8 │ key length 2, key │ edits to the end`, the edits in the form of ``CacheModel/Edits``
package enum PatchCoding: EffectCoding {
    package static let kind = RecordKind.patch

    package static func encode(_ effect: borrowing Effect, into buffer: inout IOBuffer) {
        guard case .patch(let key, let edits, let modifiedAt, _) = copy effect else {
            preconditionFailure("not a patch")
        }
        buffer.append(littleEndian: modifiedAt.milliseconds)
        buffer.append(key: key)
        buffer.append(edits)
    }

    @_lifetime(copy body)
    package static func decode(_ body: Span<UInt8>, of kind: Kind) throws(BodyFlaw) -> Effect {
        var reader = BodyReader(body)
        let modifiedAt = try reader.instant()
        let key = try reader.key()
        let edits = reader.rest()
        guard Edits.fit(edits, valueCount: .max) else { throw .outOfRange("edits") }
        return .patch(key: key, edits: edits, modifiedAt: modifiedAt, kind: kind)
    }

    @_lifetime(copy body)
    package static func key(in body: Span<UInt8>) throws(BodyFlaw) -> Span<UInt8> {
        var reader = BodyReader(body)
        _ = try reader.take(8)
        return try reader.key()
    }
}
