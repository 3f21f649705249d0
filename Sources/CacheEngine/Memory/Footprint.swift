/// What an allocation really takes from the C library, so that the account tells the truth about it.
enum Footprint {
    /// glibc: a word of header, multiples of 16, 32 at least. From 64 KiB on by pages, which is so where memory is
    /// short and up to 128 KiB a little too much elsewhere.
    static func allocation(_ bytes: Int) -> Int {
        let chunk = max(32, (bytes + 8 + 15) & ~15)
        return chunk < 64 << 10 ? chunk : (chunk + 4095) & ~4095
    }

    /// A value outside the segments: an object of 32 bytes and the bytes.
    static func largeValue(_ count: Int) -> Int { 48 + allocation(count) }
}
