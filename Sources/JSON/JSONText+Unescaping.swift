import Bytes

/// What a string means. All of these take the text from a reader, which has checked it: no escape can be broken here.
extension JSONText {
    /// The scalar that the escape at `index` stands for and how many bytes of input it takes.
    static func escape(in input: Span<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
        switch input[index + 1] {
        case 0x62: return (0x08, 2)
        case 0x66: return (0x0C, 2)
        case 0x6E: return (0x0A, 2)
        case 0x72: return (0x0D, 2)
        case 0x74: return (0x09, 2)
        case 0x75: break
        case let itself: return (UInt32(itself), 2)
        }
        let unit = UInt32(codeUnit(in: input, at: index + 2) ?? 0xFFFD)
        guard unit & 0xFC00 == 0xD800 else { return (unit, 6) }
        let low = UInt32(codeUnit(in: input, at: index + 8) ?? 0xDC00)
        return (0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF), 12)
    }

    /// The value of the four hexadecimal digits at `index`, nil when they are none.
    static func codeUnit(in input: Span<UInt8>, at index: Int) -> UInt16? {
        var unit: UInt16 = 0
        for offset in 0..<4 {
            guard let value = ASCII.hexValue(input[index + offset]) else { return nil }
            unit = unit << 4 | UInt16(value)
        }
        return unit
    }
}

/// The bytes a string means, one after the other: for comparing and hashing without a buffer.
struct UnescapedBytes: ~Escapable {
    private let input: Span<UInt8>
    private var index: Int
    private let end: Int
    /// The rest of a scalar's UTF-8, the next byte lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    @_lifetime(copy input)
    init(_ text: JSONText, of input: Span<UInt8>) {
        self.input = input
        index = Int(text.raw.start)
        end = text.raw.end
    }

    mutating func next() -> UInt8? {
        if pendingCount > 0 {
            let byte = UInt8(truncatingIfNeeded: pending)
            pending >>= 8
            pendingCount -= 1
            return byte
        }
        guard index < end else { return nil }
        let byte = input[index]
        guard byte == 0x5C else {
            index += 1
            return byte
        }
        let escape = JSONText.escape(in: input, at: index)
        index += escape.length
        (pending, pendingCount) = Self.encoded(escape.scalar)
        return next()
    }

    /// The UTF-8 form of a scalar, first byte lowest.
    private static func encoded(_ scalar: UInt32) -> (bytes: UInt32, count: Int) {
        let last = 0x80 | scalar & 0x3F
        let third = 0x80 | scalar >> 6 & 0x3F
        let second = 0x80 | scalar >> 12 & 0x3F
        switch scalar {
        case 0..<0x80: return (scalar, 1)
        case 0x80..<0x800: return (0xC0 | scalar >> 6 | last << 8, 2)
        case 0x800..<0x10000: return (0xE0 | scalar >> 12 | third << 8 | last << 16, 3)
        default: return (0xF0 | scalar >> 18 | second << 8 | third << 16 | last << 24, 4)
        }
    }
}

extension JSONReader {
    /// The bytes of a string as they were sent: what it means, where ``JSONText/hasEscapes`` is false.
    @_lifetime(copy self)
    package func rawBytes(of text: JSONText) -> Span<UInt8> { input.extracting(text.raw) }

    /// The bytes of a slice of the input.
    @_lifetime(copy self)
    package func bytes(of slice: ByteSlice) -> Span<UInt8> { input.extracting(slice) }

    /// Appends the bytes the string means.
    package func append(_ text: JSONText, into buffer: inout IOBuffer) {
        let raw = input.extracting(text.raw)
        guard text.hasEscapes else { return buffer.append(raw) }
        var bytes = UnescapedBytes(text, of: input)
        while let byte = bytes.next() { buffer.append(byte) }
    }

    /// How many bytes the string means; never more than were sent.
    package func unescapedCount(of text: JSONText) -> Int {
        guard text.hasEscapes else { return Int(text.raw.count) }
        var bytes = UnescapedBytes(text, of: input)
        var count = 0
        while bytes.next() != nil { count += 1 }
        return count
    }

    /// True when the string means exactly the bytes of `word`, which has at most 64 of them.
    package func matches(_ text: JSONText, _ word: StaticString) -> Bool {
        guard text.hasEscapes else { return input.extracting(text.raw).equals(word) }
        precondition(word.utf8CodeUnitCount <= 64, "a longer word than there is room to unescape")
        var room = InlineArray<64, UInt8>(repeating: 0)
        var count = 0
        var bytes = UnescapedBytes(text, of: input)
        while let byte = bytes.next() {
            if count == word.utf8CodeUnitCount { return false }
            room[count] = byte
            count += 1
        }
        return room.span.extracting(0..<count).equals(word)
    }
}
