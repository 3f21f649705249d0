import Bytes
import CacheModel

/// `modifiedAt 8 │ lifetime form 1… │ key length 2, key │ fields length 2, fields │ value to the end`
package enum PutCoding: EffectCoding {
    package static let kind = RecordKind.put

    package static func encode(_ effect: borrowing Effect, into buffer: inout IOBuffer) {
        guard case .put(let key, let value, let fields, let state, _) = copy effect else {
            preconditionFailure("not a put")
        }
        buffer.append(littleEndian: state.modifiedAt.milliseconds)
        LifetimeForm(version: state.version, lifetime: state.lifetime, freshUntil: state.freshUntil)
            .encode(into: &buffer)
        buffer.append(key: key)
        buffer.append(littleEndian: UInt16(fields.count))
        buffer.append(fields)
        buffer.append(value)
    }

    @_lifetime(copy body)
    package static func decode(_ body: Span<UInt8>, of kind: Kind) throws(BodyFlaw) -> Effect {
        var reader = BodyReader(body)
        let modifiedAt = try reader.instant()
        let form = try LifetimeForm(from: &reader)
        let key = try reader.key()
        let fieldsCount = Int(try reader.number(UInt16.self))
        guard fieldsCount <= Limits.fieldsBytes else { throw .fieldsLength(fieldsCount) }
        let fields = try reader.take(fieldsCount)
        let state = EntryState(
            modifiedAt: modifiedAt, lifetime: form.lifetime, freshUntil: form.freshUntil, version: form.version)
        return .put(key: key, value: reader.rest(), fields: fields, state: state, kind: kind)
    }

    @_lifetime(copy body)
    package static func key(in body: Span<UInt8>) throws(BodyFlaw) -> Span<UInt8> {
        var reader = BodyReader(body)
        _ = try reader.take(8)
        try LifetimeForm.skip(in: &reader)
        return try reader.key()
    }
}
