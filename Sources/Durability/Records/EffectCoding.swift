import Bytes
import CacheModel

/// How the effects of one case are written into the body of a record; the kind of entry they are about stands in the
/// record's head. Only ever extend a form by a new record kind: what is written once is read for ever.
package protocol EffectCoding: SendableMetatype {
    static var kind: RecordKind { get }
    /// Appends the body; `effect` is of this kind.
    static func encode(_ effect: borrowing Effect, into buffer: inout IOBuffer)
    /// The effect a body states about an entry of a kind, borrowing the body's bytes.
    @_lifetime(copy body)
    static func decode(_ body: Span<UInt8>, of kind: Kind) throws(BodyFlaw) -> Effect
    /// The key of the effect a body states; the rest of it may be flawed.
    @_lifetime(copy body)
    static func key(in body: Span<UInt8>) throws(BodyFlaw) -> Span<UInt8>
}

/// The table of record kinds: a new one is a new row here, a file beside this one, and a row in the tests.
package enum EffectCodings {
    package static let all: [any EffectCoding.Type] = [
        PutCoding.self, ExtendCoding.self, TruncateCoding.self, LifetimeCoding.self, DeleteCoding.self,
        PatchCoding.self,
    ]

    /// The row of an effect.
    package static func coding(of effect: borrowing Effect) -> any EffectCoding.Type {
        switch copy effect {
        case .put: PutCoding.self
        case .extend: ExtendCoding.self
        case .truncate: TruncateCoding.self
        case .lifetime: LifetimeCoding.self
        case .delete: DeleteCoding.self
        case .patch: PatchCoding.self
        }
    }

    /// The row of a number found in a file, nil for one that this version does not know.
    package static func coding(of kind: RecordKind) -> (any EffectCoding.Type)? {
        let index = Int(kind.rawValue) - 1
        return all.indices.contains(index) ? all[index] : nil
    }
}
