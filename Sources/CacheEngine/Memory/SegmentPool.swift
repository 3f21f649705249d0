import Glibc

/// Hands out segments of 32 KiB, cut from extents of 2 MiB that are mapped once and never given back as addresses.
///
/// A segment that comes back is kept warm while there are few of them; the rest give their pages back to the kernel at
/// once, so that resident memory falls with use. Shards come here once per 32 KiB written: one lock suffices.
///
/// Unsafe: an extent is mapped for the life of the pool; a segment belongs to whoever took it until it is given back.
struct SegmentPool: ~Copyable {
    static let segmentBytes = 32 << 10
    private static let extentBytes = 2 << 20
    private static let warmLimit = 4

    struct State {
        var warm: [UInt] = []
        var cold: [UInt] = []
        var extents: [UInt] = []
        var fresh: UInt = 0
        var freshEnd: UInt = 0
    }

    private let state = Guarded(State())

    deinit {
        state.withLock { state in
            for extent in state.extents { munmap(UnsafeMutableRawPointer(bitPattern: extent), Self.extentBytes) }
        }
    }

    /// A segment with any content.
    func take() -> UnsafeMutableRawPointer {
        let address = state.withLock { state in
            if let warm = state.warm.popLast() { return warm }
            if let cold = state.cold.popLast() { return cold }
            if state.fresh == state.freshEnd { Self.map(&state) }
            state.fresh += UInt(Self.segmentBytes)
            return state.fresh - UInt(Self.segmentBytes)
        }
        return UnsafeMutableRawPointer(bitPattern: address)!
    }

    private static func map(_ state: inout State) {
        let mapped = mmap(nil, 2 * extentBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { fatalError("out of memory: no address space for an extent") }
        // Huge pages begin at multiples of their size: what lies before and behind such a piece is unmapped again.
        let start = UInt(bitPattern: mapped)
        let aligned = (start + UInt(extentBytes) - 1) & ~UInt(extentBytes - 1)
        if aligned > start { munmap(mapped, Int(aligned - start)) }
        let end = aligned + UInt(extentBytes)
        let mappedEnd = start + UInt(2 * extentBytes)
        if mappedEnd > end { munmap(UnsafeMutableRawPointer(bitPattern: end), Int(mappedEnd - end)) }
        // The extent before this one has been handed out whole: from now on the kernel may make it a huge page behind
        // our back. Asked for one beforehand it fills 2 MiB at the first touch, which took up to 13 ms of a write's
        // time here.
        if let last = state.extents.last {
            madvise(UnsafeMutableRawPointer(bitPattern: last), extentBytes, MADV_HUGEPAGE)
        }
        state.fresh = aligned
        state.freshEnd = state.fresh + UInt(extentBytes)
        state.extents.append(state.fresh)
    }

    func giveBack(_ segment: UnsafeMutableRawPointer) {
        let address = UInt(bitPattern: segment)
        let isWarm = state.withLock { state in
            guard state.warm.count < Self.warmLimit else { return false }
            state.warm.append(address)
            return true
        }
        if isWarm { return }
        madvise(segment, Self.segmentBytes, MADV_DONTNEED)
        state.withLock { $0.cold.append(address) }
    }
}
