import Bytes
import CacheModel

/// Writes records. A record is first *framed*, where the change happens, and later *sealed*, where the order is known:
/// sealing fills in the times and the link to the record before, and computes the checksum.
package enum RecordFrame {
    /// Appends the unsealed record of an effect and returns its length in bytes.
    @discardableResult
    package static func append(
        _ effect: borrowing Effect, at position: Position, remaining: Int, to buffer: inout IOBuffer
    ) -> Int {
        let coding = EffectCodings.coding(of: effect)
        let start = begin(coding.kind, of: effect.kind, at: position, remaining: remaining, to: &buffer)
        coding.encode(effect, into: &buffer)
        return end(start, &buffer)
    }

    /// Appends the unsealed record of a control kind at the position of the record before it.
    @discardableResult
    package static func append(_ control: ControlRecord, at position: Position, to buffer: inout IOBuffer) -> Int {
        let start = begin(control.kind, of: .keys, at: position, remaining: 0, to: &buffer)
        control.encode(into: &buffer)
        return end(start, &buffer)
    }

    private static func begin(
        _ kind: RecordKind, of entry: Kind, at position: Position, remaining: Int, to buffer: inout IOBuffer
    ) -> Int {
        precondition(remaining >= 0 && remaining <= Int(UInt16.max), "an atomic group has too many records")
        let start = buffer.count
        buffer.append(littleEndian: UInt64(0))
        buffer.append(littleEndian: UInt32(0))
        buffer.append(littleEndian: UInt32(kind.rawValue) | UInt32(entry.number) << 8 | UInt32(remaining) << 16)
        buffer.append(littleEndian: position.packed)
        buffer.append(littleEndian: Int64(0))
        buffer.append(littleEndian: Int64(0))
        return start
    }

    private static func end(_ start: Int, _ buffer: inout IOBuffer) -> Int {
        let length = buffer.count - start
        precondition(length <= RecordHeader.maximumLength, "a record longer than any value may be")
        buffer.replace(at: start + 4, littleEndian: UInt32(length))
        return length
    }

    /// Completes the record that starts at `index` of the buffer's readable bytes.
    /// - Parameters:
    ///   - previous: the checksum of the record before in the same segment, or of the segment's header.
    ///   - stamp: the segment's, see ``SegmentHeader/stamp``.
    ///   - logTime: not lower than that of the record before.
    /// - Returns: its checksum, which the next record is linked to.
    @discardableResult
    package static func seal(
        _ buffer: inout IOBuffer, at index: Int, previous: UInt32, stamp: UInt64, logTime: Instant, wallTime: Instant
    ) -> UInt32 {
        let length = Int(buffer.readable.loadLittleEndian(UInt32.self, at: index + 4))
        buffer.replace(at: index + 8, littleEndian: previous)
        if buffer[index + 12] == RecordKind.mark.rawValue {
            buffer.replace(at: index + RecordHeader.size + 8, littleEndian: stamp)
        }
        buffer.replace(at: index + 24, littleEndian: logTime.milliseconds)
        buffer.replace(at: index + 32, littleEndian: wallTime.milliseconds)
        let checksum = CRC32C.of(buffer.readable.extracting(index + 4..<index + length))
        buffer.replace(at: index, littleEndian: checksum)
        return checksum
    }
}
