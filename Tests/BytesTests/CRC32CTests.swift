import Bytes
import CChecksum
import Testing

@Suite struct `The checksum` {
    /// RFC 3720 appendix B.4.
    @Test func `agrees with the examples of the standard`() {
        let zeros = [UInt8](repeating: 0, count: 32)
        #expect(CRC32C.of(zeros.span) == 0x8A91_36AA)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        #expect(CRC32C.of(ones.span) == 0x62A8_AB43)
        let rising = [UInt8](0..<32)
        #expect(CRC32C.of(rising.span) == 0x46DD_794E)
        #expect(CRC32C.of([UInt8]().span) == 0)
    }

    @Test func `is the same by tables, and in pieces`() {
        var random = SplitMix64(seed: 3)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let byTables = bytes.withUnsafeBytes { nuthatch_crc32c_by_tables(0, $0.baseAddress, $0.count) }
            let cut = count == 0 ? 0 : Int(random.next() % UInt64(count))
            var pieces = CRC32C()
            pieces.add(bytes.span.extracting(0..<cut))
            pieces.add(bytes.span.extracting(cut..<count))
            #expect(CRC32C.of(bytes.span) == byTables && pieces.value == byTables)
        }
    }
}
