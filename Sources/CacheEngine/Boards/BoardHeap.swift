import Glibc

/// Where a board's nodes and records are allocated, and how much that is: what the board tells the memory account.
///
/// One board's, used under its lock.
final class BoardHeap {
    /// Bytes in use, as the C library rounds them, with what tables of the board have noted.
    @exclusivity(unchecked) private(set) var bytes = 0

    func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        guard let memory = malloc(count) else { fatalError("out of memory: \(count) bytes for a board") }
        bytes += Footprint.allocation(count)
        return memory
    }

    func release(_ memory: UnsafeMutableRawPointer, _ count: Int) {
        free(memory)
        bytes -= Footprint.allocation(count)
    }

    /// Moves what was allocated to a place with room for more.
    func grow(_ memory: UnsafeMutableRawPointer, from old: Int, to new: Int) -> UnsafeMutableRawPointer {
        guard let moved = realloc(memory, new) else { fatalError("out of memory: \(new) bytes for a board") }
        bytes += Footprint.allocation(new) - Footprint.allocation(old)
        return moved
    }

    /// Counts memory that was allocated elsewhere for this board.
    func note(_ change: Int) { bytes += change }
}
