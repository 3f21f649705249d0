import Bytes
import CacheModel

/// `lifetime form 1… │ key length 2, key`
package enum LifetimeCoding: EffectCoding {
    package static let kind = RecordKind.lifetime

    package static func encode(_ effect: borrowing Effect, into buffer: inout IOBuffer) {
        guard case .lifetime(let key, let lifetime, let freshUntil, _) = copy effect else {
            preconditionFailure("not a lifetime")
        }
        LifetimeForm(version: nil, lifetime: lifetime, freshUntil: freshUntil).encode(into: &buffer)
        buffer.append(key: key)
    }

    @_lifetime(copy body)
    package static func decode(_ body: Span<UInt8>, of kind: Kind) throws(BodyFlaw) -> Effect {
        var reader = BodyReader(body)
        let form = try LifetimeForm(from: &reader)
        guard form.version == nil else { throw .unknownFlag(1) }
        let key = try reader.key()
        try reader.end()
        return .lifetime(key: key, lifetime: form.lifetime, freshUntil: form.freshUntil, kind: kind)
    }

    @_lifetime(copy body)
    package static func key(in body: Span<UInt8>) throws(BodyFlaw) -> Span<UInt8> {
        var reader = BodyReader(body)
        try LifetimeForm.skip(in: &reader)
        return try reader.key()
    }
}
