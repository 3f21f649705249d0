import Bytes
import CacheModel

/// What a checked record says.
package enum RecordContent: ~Escapable {
    case effect(Effect)
    case control(ControlRecord)

    /// Reads the body of a record that was checked by ``RecordHeader/read(_:at:following:)``.
    @_lifetime(copy bytes)
    package static func read(
        _ header: RecordHeader, in bytes: Span<UInt8>, at offset: Int
    ) throws(RecordFlaw) -> RecordContent {
        guard let kind = Kind(known: header.entryKind) else { throw .entryKind(header.entryKind) }
        let body = bytes.extracting(offset + RecordHeader.size..<offset + header.length)
        do throws(BodyFlaw) {
            // Nearly all there are; a call by its name is not one through the table.
            if header.kind == .put { return .effect(try PutCoding.decode(body, of: kind)) }
            if let coding = EffectCodings.coding(of: header.kind) { return .effect(try coding.decode(body, of: kind)) }
            if let control = try ControlRecord.decode(header.kind, body) { return .control(control) }
        } catch {
            throw .body(error)
        }
        throw .kind(header.kind.rawValue)
    }
}
