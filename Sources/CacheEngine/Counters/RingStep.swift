import CacheModel

/// What counting into one bucket does to a ring.
struct RingStep {
    let ring: CounterState.Ring
    let bucket: Int64
    /// How much room the ring needs for it; less than it has means that there is enough.
    let room: Int
    private let used: Int
    private let newest: Int64
    /// Buckets that begin to mean something, to be cleared; empty for none.
    private let fresh: Range<Int64>
    /// The bucket is older than the ring goes back: it is not counted.
    private let isTooOld: Bool

    init(_ ring: CounterState.Ring, bucket: Int64) {
        self.ring = ring
        self.bucket = bucket
        let count = Int64(ring.window.count)
        let used: Int64
        if ring.used == 0 {
            (used, newest, fresh, isTooOld) = (1, bucket, bucket..<bucket + 1, false)
        } else if bucket > ring.newest {
            let gap = min(bucket - ring.newest, count)
            (used, newest, isTooOld) = (min(Int64(ring.used) + gap, count), bucket, false)
            fresh = bucket - gap + 1..<bucket + 1
        } else if ring.holds(bucket) {
            (used, newest, fresh, isTooOld) = (Int64(ring.used), ring.newest, bucket..<bucket, false)
        } else if ring.newest - bucket < count {
            (used, newest, isTooOld) = (ring.newest - bucket + 1, ring.newest, false)
            fresh = bucket..<ring.newest - Int64(ring.used) + 1
        } else {
            (used, newest, fresh, isTooOld) = (Int64(ring.used), ring.newest, bucket..<bucket, true)
        }
        self.used = Int(used)
        room = self.used <= ring.room ? ring.room : min(Int(count), Self.power(of: self.used))
    }

    private static func power(of wanted: Int) -> Int {
        wanted <= 1 ? 1 : 1 << (Int.bitWidth - (wanted - 1).leadingZeroBitCount)
    }

    /// - Parameter before: what the bucket counted so far.
    func write(before: Int64, adding amount: Int64, _ editor: StateEditor, _ workspace: inout Workspace) {
        if isTooOld { return }
        if used != ring.used { editor.set(UInt32(used), at: ring.markOffset, in: &workspace) }
        if newest != ring.newest || ring.used == 0 { editor.set(newest, at: ring.markOffset + 4, in: &workspace) }
        for other in fresh where other != bucket {
            editor.set(Int64(0), at: ring.offset(of: other), in: &workspace)
        }
        editor.set(before.addingSaturating(amount), at: ring.offset(of: bucket), in: &workspace)
    }
}
