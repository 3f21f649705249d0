import CacheModel

/// A sorted set of rows, each of which says that a session belongs to a group.
///
/// Rows stand in chunks of up to 128 in their order, chunks in an array: finding is a binary search over the chunks'
/// first rows and one inside a chunk, adding and removing moves 2 KB on average. A full chunk is split in half, one
/// that is nearly empty joins its neighbour. So a row of 32 bytes takes 46 on average; at 20,000 rows, what a stripe of
/// a million sessions has, an addition takes less than a microsecond.
struct SessionRows {
    /// One session in one group.
    struct Row: Comparable {
        let group: UInt64
        let handle: SessionHandle
        /// Of the session's digest: a session that is rotated stands here under both digests for a moment, so that it
        /// is never missing, in whatever order its records come.
        let tag: UInt64

        static func < (left: Row, right: Row) -> Bool {
            if left.group != right.group { return left.group < right.group }
            if left.handle != right.handle { return left.handle < right.handle }
            return left.tag < right.tag
        }
    }

    private static let most = 128
    private static let few = 24

    private var chunks: [ContiguousArray<Row>] = []
    private(set) var count = 0

    /// What the rows occupy: chunks by what their arrays hold, the array of chunks by its own.
    var bytes: Int { chunks.reduce(directoryBytes) { $0 + Self.bytes(of: $1) } }

    private var directoryBytes: Int { chunks.isEmpty ? 0 : Footprint.allocation(32 + chunks.capacity * 8) }

    private static func bytes(of chunk: ContiguousArray<Row>) -> Int {
        Footprint.allocation(32 + chunk.capacity * MemoryLayout<Row>.stride)
    }

    /// The chunk a row belongs to: the last that begins at or before it.
    private func chunk(for row: Row) -> Int {
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if row < chunks[middle][0] { high = middle } else { low = middle + 1 }
        }
        return max(0, low - 1)
    }

    /// The first place in a chunk whose row is not before `row`.
    private func place(of row: Row, in chunk: Int) -> Int {
        var (low, high) = (0, chunks[chunk].count)
        while low < high {
            let middle = (low + high) / 2
            if chunks[chunk][middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds a row that may be there already; by how many bytes that made the rows larger.
    mutating func insert(_ row: Row) -> Int {
        if chunks.isEmpty {
            chunks = [[row]]
            count = 1
            return bytes
        }
        let number = chunk(for: row)
        let place = place(of: row, in: number)
        if place < chunks[number].count, chunks[number][place] == row { return 0 }
        let directory = directoryBytes
        let before = Self.bytes(of: chunks[number])
        chunks[number].insert(row, at: place)
        count += 1
        var change = Self.bytes(of: chunks[number]) - before
        if chunks[number].count >= Self.most { change += split(number) }
        return change + directoryBytes - directory
    }

    /// Leaves the lower half where it is.
    private mutating func split(_ number: Int) -> Int {
        let before = Self.bytes(of: chunks[number])
        let half = chunks[number].count / 2
        var upper = ContiguousArray<Row>()
        upper.reserveCapacity(Self.most)
        upper.append(contentsOf: chunks[number][half...])
        chunks[number].removeSubrange(half...)
        chunks.insert(upper, at: number + 1)
        return Self.bytes(of: chunks[number]) + Self.bytes(of: upper) - before
    }

    /// Takes a row out that may not be there; by how many bytes that made the rows larger, so 0 or less.
    mutating func remove(_ row: Row) -> Int {
        if chunks.isEmpty { return 0 }
        let number = chunk(for: row)
        let place = place(of: row, in: number)
        guard place < chunks[number].count, chunks[number][place] == row else { return 0 }
        count -= 1
        chunks[number].remove(at: place)
        guard chunks[number].count < Self.few else { return 0 }
        return join(number)
    }

    /// A chunk with few rows gives them to the one before it, or goes when it has none.
    private mutating func join(_ number: Int) -> Int {
        let gone = Self.bytes(of: chunks[number])
        if chunks[number].isEmpty {
            if chunks.count == 1 {
                let all = bytes
                chunks = []
                return -all
            }
            chunks.remove(at: number)
            return -gone
        }
        guard number > 0, chunks[number - 1].count + chunks[number].count <= Self.most * 3 / 4 else { return 0 }
        let before = Self.bytes(of: chunks[number - 1])
        chunks[number - 1].append(contentsOf: chunks[number])
        chunks.remove(at: number)
        return Self.bytes(of: chunks[number - 1]) - before - gone
    }

    /// Up to `most` different handles of a group, behind one, in order.
    func handles(of group: UInt64, after: SessionHandle?, most: Int) -> [SessionHandle] {
        var found: [SessionHandle] = []
        guard !chunks.isEmpty else { return found }
        let start = Row(
            group: group, handle: after ?? SessionHandle(first: 0, second: 0), tag: after == nil ? 0 : .max)
        var number = chunk(for: start)
        var place = place(of: start, in: number)
        while number < chunks.count, found.count < most {
            guard place < chunks[number].count else {
                (number, place) = (number + 1, 0)
                continue
            }
            let row = chunks[number][place]
            guard row.group == group else { break }
            if row.handle != found.last, row.handle != after { found.append(row.handle) }
            place += 1
        }
        return found
    }

    /// For tests: traps unless the rows are in order, each once, in chunks that are neither empty nor full.
    func checkInvariants() {
        var last: Row?
        for chunk in chunks {
            precondition(!chunk.isEmpty && chunk.count < Self.most, "a chunk of the wrong size")
            for row in chunk {
                if let last { precondition(last < row, "rows out of order") }
                last = row
            }
        }
        precondition(chunks.reduce(0) { $0 + $1.count } == count, "rows are counted wrongly")
    }
}
