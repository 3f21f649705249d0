import Bytes
import CacheModel

/// What a checked record is about: less to read than all that it says (``RecordContent``).
enum RecordSubject: ~Escapable {
    case entry(key: Span<UInt8>, kind: Kind)
    case control(ControlRecord)

    /// Reads no more of the body of an effect than its key; the rest may be flawed.
    @_lifetime(copy bytes)
    static func read(
        _ header: RecordHeader, in bytes: Span<UInt8>, at offset: Int
    ) throws(RecordFlaw) -> RecordSubject {
        guard let kind = Kind(known: header.entryKind) else { throw .entryKind(header.entryKind) }
        let body = bytes.extracting(offset + RecordHeader.size..<offset + header.length)
        do throws(BodyFlaw) {
            if header.kind == .put { return .entry(key: try PutCoding.key(in: body), kind: kind) }
            if let coding = EffectCodings.coding(of: header.kind) {
                return .entry(key: try coding.key(in: body), kind: kind)
            }
            if let control = try ControlRecord.decode(header.kind, body) { return .control(control) }
        } catch {
            throw .body(error)
        }
        throw .kind(header.kind.rawValue)
    }
}
