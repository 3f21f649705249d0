/// Well-formed UTF-8 (Unicode 16, table 3-7), one sequence at a time.
enum UTF8Sequence {
    /// The length of the well-formed sequence at `index`, 0 when there is none.
    static func length(in bytes: Span<UInt8>, at index: Int) -> Int {
        let first = bytes[index]
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return tail(bytes, index, count: 1, second: 0x80...0xBF) ? 2 : 0
        case 0xE0: return tail(bytes, index, count: 2, second: 0xA0...0xBF) ? 3 : 0
        case 0xED: return tail(bytes, index, count: 2, second: 0x80...0x9F) ? 3 : 0
        case 0xE1...0xEF: return tail(bytes, index, count: 2, second: 0x80...0xBF) ? 3 : 0
        case 0xF0: return tail(bytes, index, count: 3, second: 0x90...0xBF) ? 4 : 0
        case 0xF1...0xF3: return tail(bytes, index, count: 3, second: 0x80...0xBF) ? 4 : 0
        case 0xF4: return tail(bytes, index, count: 3, second: 0x80...0x8F) ? 4 : 0
        default: return 0
        }
    }

    private static func tail(
        _ bytes: Span<UInt8>, _ index: Int, count: Int, second: ClosedRange<UInt8>
    ) -> Bool {
        guard bytes.count - index > count, second.contains(bytes[index + 1]) else { return false }
        var offset = 2
        while offset <= count {
            if bytes[index + offset] & 0xC0 != 0x80 { return false }
            offset += 1
        }
        return true
    }

    /// True when all of `bytes` is well-formed. Allocates nothing.
    static func isWellFormed(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
            } else {
                let length = length(in: bytes, at: index)
                if length == 0 { return false }
                index += length
            }
        }
        return true
    }
}
