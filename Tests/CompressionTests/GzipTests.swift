import Bytes
import Compression
import Crypto
import Testing

@Suite struct `gzip` {
    private func packed(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
        var out = IOBuffer()
        #expect(Gzip.compress(bytes.span, level: level, into: &out))
        return out.readable.copied()
    }

    @Test(arguments: [0, 1, 64, 65_535, 65_536, 1_000_003])
    func `what was packed comes out again`(size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        var out = IOBuffer()
        try Gzip.inflate(packed(bytes).span, limit: size, into: &out)
        #expect(out.readable.copied() == bytes)
        #expect(try Gzip.inflatedCount(of: packed(bytes).span, limit: size) == size)
    }

    @Test func `equal bytes are packed equally`() {
        let bytes = Array("abc".utf8)
        #expect(packed(bytes) == packed(bytes))
    }

    @Test func `a byte over the limit is too large`() {
        let bytes = [UInt8](repeating: 7, count: 1001)
        #expect(throws: Gzip.Failure.tooLarge) { try Gzip.inflatedCount(of: packed(bytes).span, limit: 1000) }
    }

    @Test func `a bomb is refused before it has unfolded`() {
        let bomb = packed([UInt8](repeating: 0, count: 8 << 20))
        #expect(throws: Gzip.Failure.tooLarge) { try Gzip.inflatedCount(of: bomb.span, limit: 1 << 30) }
    }

    @Test func `members behind each other are one value`() throws {
        let both = packed(Array("ab".utf8)) + packed(Array("cd".utf8))
        var out = IOBuffer()
        try Gzip.inflate(both.span, limit: 10, into: &out)
        #expect(out.readable.copied() == Array("abcd".utf8))
    }

    @Test func `cut, damaged and foreign bytes are malformed`() {
        let good = packed(Array("hello, hello, hello".utf8))
        var damaged = good
        damaged[good.count - 5] ^= 1
        for bytes in [[], Array("no gzip".utf8), Array(good.dropLast()), damaged, good + [1, 2, 3], [0x1F, 0x8B]] {
            #expect(throws: Gzip.Failure.malformed) { try Gzip.inflatedCount(of: bytes.span, limit: 100) }
        }
    }
}

@Suite struct `SHA-256` {
    private func hex(_ digest: Digest) -> String {
        (0..<32).map { byte in
            let text = String(digest[byte], radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    @Test func `the digests are those of FIPS 180-4`() {
        #expect(
            hex(SHA256.digest(Array("abc".utf8).span))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex(SHA256.digest(Span()))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `HMAC is that of RFC 4231`() {
        let digest = SHA256.authenticate(Array("what do ya want for nothing?".utf8).span, key: Array("Jefe".utf8).span)
        #expect(hex(digest) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = [UInt8](repeating: 0xAA, count: 131)
        let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(
            hex(SHA256.authenticate(message.span, key: long.span))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test func `digests are equal where all bytes are`() {
        let one = SHA256.digest(Array("a".utf8).span)
        #expect(one == SHA256.digest(Array("a".utf8).span))
        #expect(one != SHA256.digest(Array("b".utf8).span))
    }
}
