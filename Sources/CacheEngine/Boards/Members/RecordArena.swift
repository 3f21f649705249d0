import Glibc

/// Memory for records of many sizes, named by 32 bits: chunks that are filled one after the other, and a list of free
/// records for each size.
///
/// Sizes are rounded to 8 bytes, larger ones more coarsely, so that freed records are found again. The first chunk
/// begins small and grows, so a board of a few members is small; later ones have `chunkBytes`.
///
/// Unsafe: a record lives at its address until the next `allocate`, which may move the first chunk.
final class RecordArena {
    static let chunkBytes = 256 << 10
    private static let unitsPerChunk = chunkBytes / 8
    private static let mostChunks = Int(UInt32.max) / unitsPerChunk
    /// The largest record that can be asked for.
    static let largest = chunkBytes / 2

    private let heap: BoardHeap
    @exclusivity(unchecked) private var chunks: [UnsafeMutableRawPointer] = []
    @exclusivity(unchecked) private var lastCapacity = 0
    @exclusivity(unchecked) private var filled = 0
    /// The first free record of each size in units of 8 bytes, 0 for none; a free record begins with the next one.
    @exclusivity(unchecked) private var free: [UInt32] = []

    init(heap: BoardHeap) { self.heap = heap }

    deinit {
        for index in chunks.indices {
            heap.release(chunks[index], index == chunks.count - 1 ? lastCapacity : Self.chunkBytes)
        }
    }

    /// The bytes a record of `count` takes.
    static func size(_ count: Int) -> Int {
        let step = count <= 256 ? 8 : count <= 2048 ? 32 : 256
        return (count + step - 1) / step * step
    }

    /// Whether one more record can be named.
    var hasRoom: Bool { chunks.count < Self.mostChunks }

    @inline(always)
    func address(_ reference: UInt32) -> UnsafeMutableRawPointer {
        let units = Int(reference)
        return chunks[units / Self.unitsPerChunk] + units % Self.unitsPerChunk * 8
    }

    /// A record of `size` bytes, as `size(_:)` rounds them; never 0.
    func allocate(_ size: Int) -> UInt32 {
        precondition(size > 0 && size <= Self.largest && size % 8 == 0, "a record's size is wrong")
        let unit = size / 8
        if unit < free.count, free[unit] != 0 {
            let reference = free[unit]
            free[unit] = address(reference).load(as: UInt32.self)
            return reference
        }
        makeRoom(size)
        let reference = UInt32((chunks.count - 1) * Self.unitsPerChunk + filled / 8)
        filled += size
        return reference
    }

    func release(_ reference: UInt32, _ size: Int) {
        let unit = size / 8
        if unit >= free.count {
            let before = free.capacity
            free += [UInt32](repeating: 0, count: unit + 1 - free.count)
            heap.note((free.capacity - before) * 4)
        }
        address(reference).storeBytes(of: free[unit], as: UInt32.self)
        free[unit] = reference
    }

    private func makeRoom(_ size: Int) {
        if filled + size <= lastCapacity { return }
        if chunks.count == 1, lastCapacity < Self.chunkBytes {
            var wanted = lastCapacity
            while wanted < filled + size, wanted < Self.chunkBytes { wanted *= 2 }
            chunks[0] = heap.grow(chunks[0], from: lastCapacity, to: wanted)
            lastCapacity = wanted
            if filled + size <= lastCapacity { return }
        }
        // The very first unit stays unused: reference 0 names nothing.
        let isFirst = chunks.isEmpty
        var wanted = isFirst ? 512 : Self.chunkBytes
        while wanted < size + 8 { wanted *= 2 }
        chunks.append(heap.allocate(wanted))
        lastCapacity = wanted
        filled = isFirst ? 8 : 0
    }
}
