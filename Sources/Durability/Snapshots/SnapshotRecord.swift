import Bytes
import CacheModel

/// One record of a block: `length 4 │ kind 1 │ of 1 │ remaining 2 │ position 8 │ body`, kinds and body as in the log.
///
/// `length` counts all of it. Checksums are the block's.
package enum SnapshotRecord {
    static let headBytes = 16

    package static func append(
        _ effect: borrowing Effect, at position: Position, remaining: Int, to buffer: inout IOBuffer
    ) {
        let coding = EffectCodings.coding(of: effect)
        let start = buffer.count
        buffer.append(littleEndian: UInt32(0))
        buffer.append(
            littleEndian: UInt32(coding.kind.rawValue) | UInt32(effect.kind.number) << 8 | UInt32(remaining) << 16)
        buffer.append(littleEndian: position.packed)
        coding.encode(effect, into: &buffer)
        buffer.replace(at: start, littleEndian: UInt32(buffer.count - start))
    }

    /// Gives every record of an unpacked block to `body`; returns how many there were.
    package static func readAll(
        _ block: Span<UInt8>, _ body: (borrowing Effect, Position) -> Void
    ) throws(SnapshotFlaw) -> Int {
        var offset = 0
        var count = 0
        while offset < block.count {
            guard block.count - offset >= headBytes else { throw .record(.short) }
            let length = Int(block.loadLittleEndian(UInt32.self, at: offset))
            guard length >= headBytes, length <= block.count - offset else { throw .record(.length(UInt32(length))) }
            let kind = RecordKind(rawValue: block[offset + 4])
            guard let coding = EffectCodings.coding(of: kind) else { throw .record(.kind(kind.rawValue)) }
            guard let of = Kind(known: block[offset + 5]) else { throw .record(.entryKind(block[offset + 5])) }
            let position = Position(packed: block.loadLittleEndian(UInt64.self, at: offset + 8))
            try give(coding, of, block.extracting(offset + headBytes..<offset + length), position, body)
            offset += length
            count += 1
        }
        return count
    }

    private static func give(
        _ coding: any EffectCoding.Type, _ kind: Kind, _ bytes: Span<UInt8>, _ position: Position,
        _ body: (borrowing Effect, Position) -> Void
    ) throws(SnapshotFlaw) {
        do throws(BodyFlaw) {
            body(try coding.decode(bytes, of: kind), position)
        } catch {
            throw .record(.body(error))
        }
    }
}
