import Bytes

/// The SHA-256 of a session's secret id: all that anything below the HTTP surface ever sees of the id.
public struct SessionDigest: Sendable, Hashable {
    public static let bytes = 32

    /// The digest's bytes in their order, eight a word, the first byte lowest.
    public let words: InlineArray<4, UInt64>

    public init(words: InlineArray<4, UInt64>) { self.words = words }

    /// Reads ``bytes`` bytes; any other number traps.
    public init(_ stored: Span<UInt8>) {
        precondition(stored.count == Self.bytes, "a digest has 32 bytes")
        words = [
            stored.loadLittleEndian(UInt64.self, at: 0), stored.loadLittleEndian(UInt64.self, at: 8),
            stored.loadLittleEndian(UInt64.self, at: 16), stored.loadLittleEndian(UInt64.self, at: 24),
        ]
    }

    public func append(to buffer: inout IOBuffer) {
        for index in 0..<4 { buffer.append(littleEndian: words[index]) }
    }

    public static func == (left: SessionDigest, right: SessionDigest) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<4 { difference |= left.words[index] ^ right.words[index] }
        return difference == 0
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
}

/// What a session is called by everyone who does not hold its secret id: 128 random bits, the same over rotations.
public struct SessionHandle: Sendable, Hashable, Comparable {
    public static let bytes = 16

    public let first: UInt64
    public let second: UInt64

    public init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }

    /// Reads ``bytes`` bytes; any other number traps.
    public init(_ stored: Span<UInt8>) {
        precondition(stored.count == Self.bytes, "a handle has 16 bytes")
        first = stored.loadLittleEndian(UInt64.self, at: 0)
        second = stored.loadLittleEndian(UInt64.self, at: 8)
    }

    public func append(to buffer: inout IOBuffer) {
        buffer.append(littleEndian: first)
        buffer.append(littleEndian: second)
    }

    public static func < (left: SessionHandle, right: SessionHandle) -> Bool {
        left.first != right.first ? left.first < right.first : left.second < right.second
    }
}
