import Bytes
import CacheModel

/// `number 8 │ at 8 │ expires at 8 │ lengths of name, key, type and topic 4 each │ topic │ name, key, type, payload`
extension Event {
    private static let headBytes = 40

    func encode(into out: inout IOBuffer) {
        out.append(littleEndian: number)
        out.append(littleEndian: at.milliseconds)
        out.append(littleEndian: expiresAt.milliseconds)
        for count in [name.count, key.count, type.count, topic.bytes.count] {
            out.append(littleEndian: UInt32(count))
        }
        let topicBytes = topic.bytes
        out.append(topicBytes.span)
        out.append(bytes.span)
    }

    /// Nil for bytes that are no event.
    convenience init?(_ row: Span<UInt8>, epoch: UInt64) {
        guard row.count >= Self.headBytes else { return nil }
        func count(_ index: Int) -> Int { Int(row.loadLittleEndian(UInt32.self, at: 24 + index * 4)) }
        let number = row.loadLittleEndian(UInt64.self, at: 0)
        let (name, key, type, topic) = (count(0), count(1), count(2), count(3))
        let start = Self.headBytes + topic
        guard number < 1 << 56, topic > 0, start <= row.count, name + key + type <= row.count - start else {
            return nil
        }
        self.init(
            topic: TopicName(row.extracting(Self.headBytes..<start)),
            storage: SharedBytes.make(row.extracting(start..<row.count)), kind: .message,
            cursor: Cursor(epoch: epoch, number: number),
            at: Instant(milliseconds: row.loadLittleEndian(Int64.self, at: 8)), isKept: true,
            expiresAt: Instant(milliseconds: row.loadLittleEndian(Int64.self, at: 16)), counts: (name, key, type))
    }
}
