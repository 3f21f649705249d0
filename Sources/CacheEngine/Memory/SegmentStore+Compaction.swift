import CacheModel

/// The state of a chain's compaction sweep: where it reads (`cursor`, `offset`) and where it writes (`target`).
extension SegmentStore {
    /// Whether more than an eighth of the chain, and more than two segments, hold nothing of use.
    func isWasteful(_ name: ChainName) -> Bool {
        let waste = waste(of: name)
        return waste > 2 * Self.segmentBytes && waste > chain(name).pointee.count * Self.segmentBytes / 8
    }

    /// Whether copying the segment's entries would win less than a sixteenth of it.
    func isDense(_ number: Int32) -> Bool {
        Self.segmentBytes - Int(segments[Int(number)].live) < Self.segmentBytes / 16
    }

    /// Leaves a segment as it is, and with it the segment that was being filled: what comes next belongs behind it.
    /// Returns what that cost, in bytes that could have been copied.
    mutating func skip(_ number: Int32) -> Int {
        let chain = chain(segments[Int(number)].chain)
        closeTarget(segments[Int(number)].chain)
        chain.pointee.cursor = segments[Int(number)].next
        chain.pointee.offset = 0
        return 64
    }

    mutating func endSweep(_ name: ChainName) {
        closeTarget(name)
        chain(name).pointee.cursor = 0
        chain(name).pointee.offset = 0
    }

    mutating func closeTarget(_ name: ChainName) {
        let target = chain(name).pointee.target
        guard target != 0 else { return }
        chain(name).pointee.target = 0
        if segments[Int(target)].live == 0 { unlink(target) }
    }

    /// A place for `size` bytes in the segment that is being filled, or in a new one just before that of `source`.
    mutating func appendToTarget(_ size: Int, before source: UInt32) -> UInt32 {
        let number = Int32(Self.segment(source))
        let name = segments[Int(number)].chain
        let target = chain(name).pointee.target
        if target == 0 || Self.segmentBytes - Int(segments[Int(target)].used) < size {
            let made = take()
            link(made, into: name, behind: segments[Int(number)].previous)
            chain(name).pointee.target = made
        }
        return append(size, toSegment: chain(name).pointee.target)
    }
}
