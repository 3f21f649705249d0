import CacheModel
import Glibc

/// Remembers which keys are gone, why and when: the reasons of misses, and the ghost queue of S3-FIFO, in one memory of
/// 8 bytes a departed key.
///
/// ```
/// hash     │ … │ part 4 │ upper 3 │ slot hash 32 │
/// bucket   │ newest │ … │ oldest │                    8 slots, a cache line
/// slot     │ slot hash 32 │ reason 3 │ ghost 1 │ seconds 28 │       0 is empty
/// ```
/// Set-associative: the upper hash bits name a bucket, the newest record enters at its front, the oldest falls off its
/// end. A part starts with its first departed key and doubles when a bucket overflows, while that leaves no more slots
/// than live entries: enough for the ghost queue (twice as many cost hit ratio), bounded by the data. Sixteen parts
/// grow one by one, so that none takes long: at ten million keys a part has a quarter of a megabyte. Whether anything
/// ever fell off is kept, since "never" may only be said while nothing did.
///
/// A record names its key by 39 bits of a keyed hash beside the shard's: one lookup in some 10^7 of another key finds a
/// wrong reason. Seconds wrap after 8.5 years; a record's time would then be wrong by that.
struct Departures: ~Copyable {
    struct Record {
        let reason: MissReason
        let isGhost: Bool
        let at: Instant
    }

    private static let partCount = 16
    private static let partBits: UInt64 = 35

    private let parts: UnsafeMutablePointer<DeparturePart>
    private(set) var bytes = partCount * MemoryLayout<DeparturePart>.stride
    /// Whether the memory of a departed key was dropped for lack of room.
    private(set) var hasForgotten = false

    // Unsafe: the parts are allocated here, freed in `deinit`, and named by four bits.
    init() {
        parts = .allocate(capacity: Self.partCount)
        parts.initialize(repeating: DeparturePart(), count: Self.partCount)
    }

    deinit {
        for number in 0..<Self.partCount { parts[number].destroy() }
        parts.deallocate()
    }

    @inline(always)
    private func part(_ hash: UInt64) -> UnsafeMutablePointer<DeparturePart> {
        parts + Int(hash &>> Self.partBits & UInt64(Self.partCount - 1))
    }

    @inline(always)
    private static func rest(_ hash: UInt64) -> UInt64 { hash & (1 << partBits - 1) }

    /// Notes that keys departed of which nothing was ever known here.
    mutating func forgetSome() { hasForgotten = true }

    /// Notes a departure; `live` bounds how many are remembered.
    mutating func note(_ hash: UInt64, _ reason: MissReason, isGhost: Bool, at instant: Instant, live: Int) {
        let seconds = UInt64(bitPattern: instant.seconds) & DeparturePart.timeMask
        let note = UInt64(reason.rawValue) << 29 | (isGhost ? 1 << 28 : 0) | seconds
        let part = part(hash)
        let before = part.pointee.bytes
        let hasRoom = part.pointee.note(Self.rest(hash), note, atMost: max(live / Self.partCount, 128))
        if !hasRoom { hasForgotten = true }
        bytes += part.pointee.bytes - before
    }

    @inline(always)
    func isGhost(_ hash: UInt64) -> Bool {
        guard let slot = part(hash).pointee.find(Self.rest(hash)) else { return false }
        return slot >> 28 & 1 == 1
    }

    func find(_ hash: UInt64, now: Instant) -> Record? {
        guard let slot = part(hash).pointee.find(Self.rest(hash)) else { return nil }
        // The latest second with these low bits that is not clearly in the future.
        let latest = now.seconds + 3600
        let age = Int64(bitPattern: (UInt64(bitPattern: latest) &- slot) & DeparturePart.timeMask)
        return Record(
            reason: MissReason(rawValue: UInt8(slot >> 29 & 7)) ?? .unknown, isGhost: slot >> 28 & 1 == 1,
            at: Instant(milliseconds: (latest - age) * 1000))
    }

    /// Forgets a key that is back; whether it was a ghost.
    mutating func take(_ hash: UInt64) -> Bool {
        guard let slot = part(hash).pointee.take(Self.rest(hash)) else { return false }
        return slot >> 28 & 1 == 1
    }
}

/// A sixteenth of a shard's departed keys.
///
/// Unsafe: `slots` holds `buckets * ways` words, zeroed; bucket numbers are 35-bit hashes scaled by `buckets`.
private struct DeparturePart {
    static let timeMask: UInt64 = 1 << 28 - 1
    private static let firstBuckets = 8
    private static let mostBuckets = 1 << 24
    private static let ways = 8

    private var slots: UnsafeMutablePointer<UInt64>?
    private var buckets = 0

    var bytes: Int { slots == nil ? 0 : Footprint.allocation(buckets * Self.ways * 8) }

    func destroy() { free(slots) }

    @inline(always)
    private func bucket(_ hash: UInt64) -> UnsafeMutablePointer<UInt64> {
        slots! + Int((hash &* UInt64(buckets)) &>> 35) * Self.ways
    }

    @inline(always)
    private func way(of hash: UInt64) -> Int? {
        guard slots != nil else { return nil }
        let bucket = bucket(hash)
        let wanted = UInt32(truncatingIfNeeded: hash)
        for way in 0..<Self.ways where UInt32(truncatingIfNeeded: bucket[way] &>> 32) == wanted && bucket[way] != 0 {
            return way
        }
        return nil
    }

    @inline(always)
    func find(_ hash: UInt64) -> UInt64? {
        guard let way = way(of: hash) else { return nil }
        return bucket(hash)[way]
    }

    mutating func take(_ hash: UInt64) -> UInt64? {
        guard let way = way(of: hash) else { return nil }
        let bucket = bucket(hash)
        let slot = bucket[way]
        for next in way + 1..<Self.ways { bucket[next - 1] = bucket[next] }
        bucket[Self.ways - 1] = 0
        return slot
    }

    /// False when another record had to go for it.
    mutating func note(_ hash: UInt64, _ note: UInt64, atMost: Int) -> Bool {
        _ = take(hash)
        if slots == nil { resize(to: Self.firstBuckets) }
        var hasRoom = true
        while hasRoom, bucket(hash)[Self.ways - 1] != 0 {
            hasRoom = buckets * Self.ways * 2 <= atMost && buckets < Self.mostBuckets
            if hasRoom { resize(to: buckets * 2) }
        }
        Self.push(hash << 32 | note, into: bucket(hash))
        return hasRoom
    }

    private static func push(_ slot: UInt64, into bucket: UnsafeMutablePointer<UInt64>) {
        (bucket + 1).update(from: bucket, count: ways - 1)
        bucket[0] = slot
    }

    /// The upper three hash bits, which slots do not hold, follow from the bucket.
    private mutating func resize(to wanted: Int) {
        guard let made = calloc(wanted * Self.ways, 8) else { fatalError("out of memory: departed keys") }
        let (old, oldBuckets) = (slots, buckets)
        slots = made.bindMemory(to: UInt64.self, capacity: wanted * Self.ways)
        buckets = wanted
        guard let old else { return }
        for number in 0..<oldBuckets {
            let upper = UInt64(number * Self.firstBuckets / oldBuckets) << 32
            for way in (0..<Self.ways).reversed() {
                let slot = old[number * Self.ways + way]
                if slot != 0 { Self.push(slot, into: bucket(upper | slot >> 32)) }
            }
        }
        free(old)
    }
}
