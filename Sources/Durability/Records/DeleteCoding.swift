import Bytes
import CacheModel

/// `at 8 │ reason 1 │ has a version 1 │ version 8 and kept until 8, if it has │ key length 2, key`
package enum DeleteCoding: EffectCoding {
    package static let kind = RecordKind.delete

    package static func encode(_ effect: borrowing Effect, into buffer: inout IOBuffer) {
        guard case .delete(let key, let reason, let at, let version, let keptUntil, _) = copy effect else {
            preconditionFailure("not a delete")
        }
        buffer.append(littleEndian: at.milliseconds)
        buffer.append(reason.rawValue)
        buffer.append(version == nil ? 0 : 1)
        if let version {
            buffer.append(littleEndian: version)
            buffer.append(littleEndian: keptUntil.milliseconds)
        }
        buffer.append(key: key)
    }

    @_lifetime(copy body)
    package static func decode(_ body: Span<UInt8>, of kind: Kind) throws(BodyFlaw) -> Effect {
        var reader = BodyReader(body)
        let at = try reader.instant()
        guard let reason = MissReason(rawValue: try reader.number(UInt8.self)) else { throw .outOfRange("reason") }
        let flags = try reader.number(UInt8.self)
        guard flags < 2 else { throw .unknownFlag(flags) }
        let version = flags == 1 ? try reader.number(UInt64.self) : nil
        let keptUntil = flags == 1 ? try reader.instant() : at
        let key = try reader.key()
        try reader.end()
        return .delete(key: key, reason: reason, at: at, version: version, versionKeptUntil: keptUntil, kind: kind)
    }

    @_lifetime(copy body)
    package static func key(in body: Span<UInt8>) throws(BodyFlaw) -> Span<UInt8> {
        var reader = BodyReader(body)
        _ = try reader.take(9)
        if try reader.number(UInt8.self) == 1 { _ = try reader.take(16) }
        return try reader.key()
    }
}
