/// Bytes between a read and a write mark, in memory that grows by doubling.
struct ByteBuffer {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var start = 0
    private(set) var end = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    var count: Int { end - start }
    var head: UnsafeMutablePointer<UInt8> { base + start }
    var free: Int { capacity - end }

    /// Makes room for `wanted` more bytes and returns where they go.
    @inline(__always)
    mutating func reserve(_ wanted: Int) -> UnsafeMutablePointer<UInt8> {
        if free < wanted { makeRoom(wanted) }
        return base + end
    }

    @inline(__always)
    mutating func wrote(_ count: Int) { end += count }

    @inline(__always)
    mutating func consume(_ count: Int) {
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    func deallocate() { base.deallocate() }

    private mutating func makeRoom(_ wanted: Int) {
        let kept = count
        if capacity - kept >= wanted {
            base.update(from: base + start, count: kept)
        } else {
            while capacity - kept < wanted { capacity *= 2 }
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
            larger.update(from: base + start, count: kept)
            base.deallocate()
            base = larger
        }
        start = 0
        end = kept
    }
}
