import Bytes

extension JSONWriter {
    /// Appends a JSON text, which must be one that a reader has taken, without the blanks between its tokens.
    /// - Complexity: O(bytes).
    package static func append(compacting text: Span<UInt8>, into out: inout IOBuffer) {
        var start = 0
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x22: index = endOfString(in: text, from: index + 1)
            case 0x20, 0x09, 0x0A, 0x0D:
                out.append(text.extracting(start..<index))
                index += 1
                start = index
            default: index += 1
            }
        }
        out.append(text.extracting(start..<text.count))
    }

    /// The index behind the closing quote.
    private static func endOfString(in text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count, text[index] != 0x22 { index += text[index] == 0x5C ? 2 : 1 }
        return index + 1
    }
}
