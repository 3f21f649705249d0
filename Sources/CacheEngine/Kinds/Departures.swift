import CacheModel
import Glibc

/// Remembers which keys are gone, why and when: the reasons of misses, and the ghost queue of S3-FIFO, in one table of
/// 8 bytes a departed key.
///
/// ```
/// bucket of 8 │ newest │ … │ oldest │        slot │ slot hash 32 │ reason 3 │ ghost 1 │ seconds 28 │   0 is empty
/// ```
/// Set-associative: the upper hash bits name a bucket, the newest record enters at its front, the oldest falls off its
/// end. The table starts when the first key departs and doubles when a bucket overflows, up to about as many records as
/// there are live entries: enough for the ghost queue, bounded by the data. Whether anything ever fell off is kept,
/// since "never" may only be said while nothing did.
///
/// A record names its key by 39 bits of a keyed hash beside the shard's: one lookup in some 10^8 of another key finds
/// a wrong reason. Seconds wrap after 8.5 years, then a record's time would be wrong by that.
///
/// Unsafe: `slots` holds `buckets * 8` words, zeroed; bucket numbers come from 39-bit hashes scaled by `buckets`.
struct Departures: ~Copyable {
    struct Record {
        let reason: MissReason
        let isGhost: Bool
        let at: Instant
    }

    private static let firstBuckets = 128
    private static let ways = 8
    private static let timeMask: UInt64 = 1 << 28 - 1

    private var slots: UnsafeMutablePointer<UInt64>?
    private var buckets = 0
    /// Whether the memory of a departed key was dropped for lack of room.
    private(set) var hasForgotten = false

    init() {}

    deinit { free(slots) }

    var bytes: Int { buckets * Self.ways * 8 }

    @inline(always)
    private static func combined(_ hash: UInt64) -> UInt64 { hash & (1 << 39 - 1) }

    private func bucket(_ combined: UInt64) -> UnsafeMutablePointer<UInt64> {
        slots! + Int((combined &* UInt64(buckets)) &>> 39) * Self.ways
    }

    /// Notes a departure; `live` bounds how many are remembered.
    mutating func note(_ hash: UInt64, _ reason: MissReason, isGhost: Bool, at instant: Instant, live: Int) {
        _ = take(hash)
        let combined = Self.combined(hash)
        let seconds = UInt64(bitPattern: instant.seconds) & Self.timeMask
        let slot = combined << 32 | UInt64(reason.rawValue) << 29 | (isGhost ? 1 << 28 : 0) | seconds
        if slots == nil { resize(to: Self.firstBuckets) }
        while bucket(combined)[Self.ways - 1] != 0 {
            guard buckets * Self.ways < max(live, 2048), buckets < 1 << 26 else {
                hasForgotten = true
                break
            }
            resize(to: buckets * 2)
        }
        Self.push(slot, into: bucket(combined))
    }

    private static func push(_ slot: UInt64, into bucket: UnsafeMutablePointer<UInt64>) {
        (bucket + 1).update(from: bucket, count: ways - 1)
        bucket[0] = slot
    }

    @inline(always)
    private func way(of combined: UInt64) -> Int? {
        guard slots != nil else { return nil }
        let bucket = bucket(combined)
        let wanted = UInt32(truncatingIfNeeded: combined)
        for way in 0..<Self.ways where UInt32(truncatingIfNeeded: bucket[way] &>> 32) == wanted && bucket[way] != 0 {
            return way
        }
        return nil
    }

    @inline(always)
    func isGhost(_ hash: UInt64) -> Bool {
        guard slots != nil else { return false }
        let combined = Self.combined(hash)
        guard let way = way(of: combined) else { return false }
        return bucket(combined)[way] >> 28 & 1 == 1
    }

    func find(_ hash: UInt64, now: Instant) -> Record? {
        let combined = Self.combined(hash)
        guard let way = way(of: combined) else { return nil }
        return Self.decode(bucket(combined)[way], now: now)
    }

    /// Forgets a key that is back; whether it was a ghost.
    mutating func take(_ hash: UInt64) -> Bool {
        let combined = Self.combined(hash)
        guard let way = way(of: combined) else { return false }
        let bucket = bucket(combined)
        let isGhost = bucket[way] >> 28 & 1 == 1
        for next in way + 1..<Self.ways { bucket[next - 1] = bucket[next] }
        bucket[Self.ways - 1] = 0
        return isGhost
    }

    private static func decode(_ slot: UInt64, now: Instant) -> Record {
        // The latest second with these low bits that is not clearly in the future.
        let latest = now.seconds + 3600
        let age = Int64(bitPattern: (UInt64(bitPattern: latest) &- slot) & timeMask)
        return Record(
            reason: MissReason(rawValue: UInt8(slot >> 29 & 7)) ?? .unknown, isGhost: slot >> 28 & 1 == 1,
            at: Instant(milliseconds: (latest - age) * 1000))
    }

    private mutating func resize(to wanted: Int) {
        guard let made = calloc(wanted * Self.ways, 8) else { fatalError("out of memory: departed keys") }
        let old = slots
        let oldBuckets = buckets
        slots = made.bindMemory(to: UInt64.self, capacity: wanted * Self.ways)
        buckets = wanted
        guard let old else { return }
        for number in 0..<oldBuckets {
            let upper = (UInt64(number) &* 128 / UInt64(oldBuckets)) << 32
            for way in (0..<Self.ways).reversed() {
                let slot = old[number * Self.ways + way]
                if slot != 0 { Self.push(slot, into: bucket(upper | slot >> 32)) }
            }
        }
        free(old)
    }
}
