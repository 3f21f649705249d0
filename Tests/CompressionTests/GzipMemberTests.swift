import Bytes
import Compression
import Testing

@Suite struct `gzip members that say their length` {
    private func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map {
            UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B9) >> 13 & ($0 % 3 == 0 ? 255 : 15))
        }
    }

    private func member(_ input: [UInt8], level: Int = 1, label: [UInt8] = []) throws -> [UInt8] {
        var writer = try GzipMemberWriter(level: level)
        var out = IOBuffer()
        writer.append(input.span, label: label.count, to: &out)
        out.replace(at: GzipMember.labelOffset, with: label.span)
        return out.readable.copied()
    }

    private func inflated(_ member: [UInt8], label: Int = 0) throws -> [UInt8] {
        let head = try GzipMember.head(member.span, label: label)
        var reader = try GzipMemberReader()
        var out = IOBuffer()
        try reader.append(member.span, head, to: &out)
        return out.readable.copied()
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 3_000_001], [0, 1, 9])
    func `what was packed comes out again, here and from any gunzip`(size: Int, level: Int) throws {
        let input = bytes(size)
        let packed = try member(input, level: level, label: [1, 2, 3])
        #expect(try inflated(packed, label: 3) == input)
        var out = IOBuffer()
        try Gzip.inflate(packed.span, limit: size, into: &out)
        #expect(out.readable.copied() == input)
    }

    @Test(arguments: [(16 << 10, 0), (16 << 10 + 1, 1), (1 << 20, 63)])
    func `long work pauses between pieces`(size: Int, expected: Int) throws {
        var writer = try GzipMemberWriter(level: 1)
        var reader = try GzipMemberReader()
        var packed = IOBuffer()
        var unpacked = IOBuffer()
        var packing = 0
        var unpacking = 0
        writer.append(bytes(size).span, label: 0, to: &packed) { packing += 1 }
        let head = try GzipMember.head(packed.readable, label: 0)
        try reader.append(packed.readable, head, to: &unpacked) { unpacking += 1 }
        #expect(packing == expected)
        #expect(unpacking >= expected / 8, "64 KiB at a time and no more")
        #expect(unpacked.count == size)
    }

    @Test func `one writer's members follow each other, each found by the length of the one before`() throws {
        var writer = try GzipMemberWriter(level: 1)
        var reader = try GzipMemberReader()
        var stream = IOBuffer()
        for size in [10, 0, 100_000] { writer.append(bytes(size).span, label: 1, to: &stream) }
        var sizes: [Int] = []
        while !stream.isEmpty {
            let head = try GzipMember.head(stream.readable, label: 1)
            var out = IOBuffer()
            try reader.append(stream.readable.extracting(0..<head.length), head, to: &out)
            sizes.append(out.count)
            stream.consume(head.length)
        }
        #expect(sizes == [10, 0, 100_000])
    }

    @Test func `every byte flipped and every cut is refused`() throws {
        let good = try member(bytes(400), label: [7])
        for place in good.indices where place != GzipMember.labelOffset {
            var damaged = good
            damaged[place] ^= 1 << UInt8(place % 8)
            // A bit of deflate's padding may change nothing: then what comes out is still right.
            if let out = try? inflated(damaged, label: 1) { #expect(out == bytes(400)) }
        }
        for count in 0..<good.count {
            #expect(throws: Gzip.Failure.malformed) { try inflated(Array(good[..<count]), label: 1) }
        }
    }

    @Test func `a member that claims more than deflate can hold is refused`() throws {
        var bomb = try member([1])
        bomb[23] = 0xFF
        #expect(throws: Gzip.Failure.malformed) { try inflated(bomb) }
    }
}
