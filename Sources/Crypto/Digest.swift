/// A SHA-256 digest (FIPS 180-4): 32 bytes in four words.
package struct Digest: Sendable {
    /// The digest's bytes in their order, eight a word, the first byte lowest.
    package let words: InlineArray<4, UInt64>

    package init(words: InlineArray<4, UInt64>) { self.words = words }

    /// The byte at `index`, 0…31.
    package subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < 32, "a digest has 32 bytes")
        return UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
    }
}

extension Digest: Hashable {
    /// In constant time: where two digests differ must not show in how long it takes to tell.
    package static func == (left: Digest, right: Digest) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<4 { difference |= left.words[index] ^ right.words[index] }
        return difference == 0
    }

    /// The bytes are as good as random already: one word of them is enough to hash by.
    package func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
}
