import CacheModel

/// The memory of a shard's entries: segments of 32 KiB into which entries are written one behind the other.
///
/// ```
/// chain.head ─► segment ─► segment ─► … ─► chain.tail      oldest entries first
///               │ entry │ dead │ entry │ … │ free │        `used` bytes are written, `live` of them count
/// ```
/// No entry costs an allocation, a pointer of its own, or a size class's waste. An entry that is overwritten by a
/// longer one or removed is marked dead; a segment without live entries goes back at once, others are compacted
/// (`SegmentStore+Compaction`). A chain keeps the order of arrival, which is all that first-in-first-out eviction
/// needs: its queues cost nothing.
///
/// A reference is a segment's number and the entry's offset in it: `segment << 13 | offset / 4`. Segment 0 does not
/// exist, so no reference is 0. 19 bits of numbers make 16 GiB a shard.
///
/// Unsafe: a segment's memory is written only below `used`, by `EntryDraft.write`; references come from `append` and
/// are dropped when `kill` is called; nothing but the shard, under its lock, has them.
struct SegmentStore: ~Copyable {
    static let segmentBytes = SegmentPool.segmentBytes
    static let largestNumber = 1 << 19 - 1

    enum ChainName: Int, CaseIterable {
        /// The newcomers' queue of S3-FIFO.
        case small = 0
        case main = 1
        /// Entries the policy must spare.
        case pinned = 2
    }

    struct Segment {
        var memory: UnsafeMutableRawPointer?
        var used: Int32 = 0
        var live: Int32 = 0
        var previous: Int32 = 0
        var next: Int32 = 0
        /// No entry leaves memory earlier than this.
        var due = Int64.max
        var chain: ChainName = .main
    }

    struct Chain {
        var head: Int32 = 0
        var tail: Int32 = 0
        var count = 0
        /// Bytes of live entries, and of their large values outside the segments.
        var live = 0
        var large = 0
        /// Compaction: the next segment to look at, and the one that takes what it copies; 0 for none.
        var cursor: Int32 = 0
        var offset = 0
        var target: Int32 = 0
    }

    let context: UnsafeMutablePointer<EngineContext>
    private(set) var segments: UnsafeMutablePointer<Segment>
    private(set) var capacity: Int
    /// One more than the highest number in use.
    private(set) var end = 1
    private var unused: [Int32] = []
    private let chains: UnsafeMutablePointer<Chain>
    /// Segments taken beforehand for writes that must not fail half way.
    private var spares: [UnsafeMutableRawPointer] = []
    /// A segment somebody is walking: it stays even when its last entry dies.
    var held: Int32 = 0
    /// Bytes killed that no compaction was paid for.
    var killed = 0
    /// Compaction found nothing to win, and nothing was killed since.
    var isPacked = false
    /// No segment is due before this; what a round of the sweep has found so far.
    var earliestDue = Int64.max
    var roundDue = Int64.max

    init(context: UnsafeMutablePointer<EngineContext>) {
        self.context = context
        capacity = 16
        segments = .allocate(capacity: capacity)
        segments.initialize(repeating: Segment(), count: capacity)
        chains = .allocate(capacity: ChainName.allCases.count)
        chains.initialize(repeating: Chain(), count: ChainName.allCases.count)
        context.pointee.account.add(capacity * MemoryLayout<Segment>.stride)
    }

    deinit {
        for number in 1..<end {
            guard let memory = segments[number].memory else { continue }
            Self.releaseLarge(in: memory, used: Int(segments[number].used))
            context.pointee.pool.giveBack(memory)
        }
        for memory in spares { context.pointee.pool.giveBack(memory) }
        segments.deallocate()
        chains.deallocate()
    }

    private static func releaseLarge(in memory: UnsafeMutableRawPointer, used: Int) {
        var offset = 0
        while offset < used {
            let entry = Entry(memory + offset)
            if !entry.isDead { entry.shared?.release() }
            offset += entry.size
        }
    }

    // MARK: References

    @inline(always)
    static func segment(_ reference: UInt32) -> Int { Int(truncatingIfNeeded: reference &>> 13) }

    @inline(always)
    func entry(_ reference: UInt32) -> Entry {
        let memory = segments[Self.segment(reference)].memory.unsafelyUnwrapped
        return Entry(memory + Int(truncatingIfNeeded: reference & 0x1FFF) &* 4)
    }

    @inline(always)
    func chain(_ name: ChainName) -> UnsafeMutablePointer<Chain> { chains + name.rawValue }

    /// The segment a sweep round the chain comes to next, nil when the chain is empty. The tail, which is being
    /// written, is left out unless it is all there is.
    ///
    /// - Parameter includingTail: also the last segment, if anything is in it. Where a chain has few segments most of
    ///   its entries stand there.
    func nextInSweep(_ name: ChainName, includingTail: Bool = false) -> Int32? {
        let chain = chain(name)
        let tail = chain.pointee.tail
        let endsAtTail = !includingTail || tail == 0 || segments[Int(tail)].used == 0
        if chain.pointee.cursor == 0 || chain.pointee.cursor == tail && endsAtTail {
            chain.pointee.cursor = chain.pointee.head
            chain.pointee.offset = 0
        }
        return chain.pointee.cursor == 0 ? nil : chain.pointee.cursor
    }

    func chainName(of reference: UInt32) -> ChainName { segments[Self.segment(reference)].chain }

    /// Bytes in segments of the chain that hold nothing live and cannot be written: what compaction could win back.
    func waste(of name: ChainName) -> Int {
        let chain = chains[name.rawValue]
        let open = room(in: chain.tail) + room(in: chain.target)
        return chain.count * Self.segmentBytes - chain.live - open
    }

    private func room(in number: Int32) -> Int {
        number == 0 ? 0 : Self.segmentBytes - Int(segments[Int(number)].used)
    }

    /// Free bytes behind the last entry of a chain.
    func tailRoom(of name: ChainName) -> Int { room(in: chains[name.rawValue].tail) }

    var segmentCount: Int { ChainName.allCases.reduce(0) { $0 + chains[$1.rawValue].count } }

    // MARK: Writing and removing

    func fits(_ size: Int, in name: ChainName) -> Bool {
        let tail = chains[name.rawValue].tail
        return tail != 0 && room(in: tail) >= size
    }

    /// A place for `size` bytes at the end of a chain. Room was made before: this takes a spare segment or, failing
    /// that, one over the limit.
    mutating func append(_ size: Int, to name: ChainName) -> UInt32 {
        if !fits(size, in: name) { extend(name) }
        return append(size, toSegment: chains[name.rawValue].tail)
    }

    mutating func append(_ size: Int, toSegment number: Int32) -> UInt32 {
        precondition(size & 3 == 0 && size <= room(in: number), "an entry does not fit its segment")
        let offset = segments[Int(number)].used
        segments[Int(number)].used += Int32(size)
        segments[Int(number)].live += Int32(size)
        chain(segments[Int(number)].chain).pointee.live += size
        return Self.reference(number, Int(offset))
    }

    /// Lowers the time from which the entry's segment is looked through for ended entries.
    @inline(always)
    mutating func noteRemoval(_ reference: UInt32, at removal: Int64) {
        let number = Self.segment(reference)
        guard removal < segments[number].due else { return }
        segments[number].due = removal
        earliestDue = min(earliestDue, removal)
        roundDue = min(roundDue, removal)
    }

    func addLarge(_ bytes: Int, at reference: UInt32) { chain(chainName(of: reference)).pointee.large += bytes }

    /// What the chain occupies with all that belongs to it.
    func weight(of name: ChainName) -> Int {
        let chain = chains[name.rawValue]
        return chain.count * Self.segmentBytes + chain.large
    }

    /// Marks an entry's bytes dead; gives the segment back when they were its last.
    /// - Parameter largeBytes: what its large value, if it has one, weighed.
    mutating func kill(_ reference: UInt32, largeBytes: Int = 0) {
        let entry = entry(reference)
        let size = entry.size
        entry.markDead()
        let number = Self.segment(reference)
        segments[number].live -= Int32(size)
        let chain = chain(segments[number].chain)
        chain.pointee.live -= size
        chain.pointee.large -= largeBytes
        killed += size
        isPacked = false
        if segments[number].live == 0 { releaseIfEmpty(Int32(number)) }
    }

    /// Gives a segment back that holds nothing live, unless it is in use otherwise; a tail starts again from its front.
    mutating func releaseIfEmpty(_ number: Int32) {
        let segment = segments[Int(number)]
        guard segment.live == 0, number != held, segment.memory != nil else { return }
        let chain = chain(segment.chain)
        if number == chain.pointee.tail || number == chain.pointee.target {
            segments[Int(number)].used = 0
            segments[Int(number)].due = .max
            return
        }
        unlink(number)
    }

    // MARK: Segments

    /// Opens a new segment at the chain's end.
    mutating func extend(_ name: ChainName) {
        let number = take()
        link(number, into: name, behind: chain(name).pointee.tail)
    }

    /// Takes segments beforehand, as far as the limit allows.
    mutating func reserve(_ wanted: Int) -> Bool {
        while spares.count < wanted {
            guard context.pointee.account.reserve(Self.segmentBytes) else { return false }
            spares.append(context.pointee.pool.take())
        }
        return true
    }

    var spareCount: Int { spares.count }

    mutating func releaseSpares() {
        while let memory = spares.popLast() { giveBack(memory) }
    }

    private func giveBack(_ memory: UnsafeMutableRawPointer) {
        context.pointee.pool.giveBack(memory)
        context.pointee.account.add(-Self.segmentBytes)
    }

    /// A segment that belongs to no chain yet.
    mutating func take() -> Int32 {
        var memory = spares.popLast()
        if memory == nil {
            context.pointee.account.add(Self.segmentBytes)
            memory = context.pointee.pool.take()
        }
        let number = unused.popLast() ?? nextNumber()
        segments[Int(number)] = Segment(memory: memory)
        return number
    }

    private mutating func nextNumber() -> Int32 {
        if end == capacity { growDescriptors() }
        precondition(end <= Self.largestNumber, "a shard holds 16 GiB at most: use more shards")
        end += 1
        return Int32(end - 1)
    }

    private mutating func growDescriptors() {
        let larger = UnsafeMutablePointer<Segment>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: segments, count: capacity)
        (larger + capacity).initialize(repeating: Segment(), count: capacity)
        segments.deallocate()
        segments = larger
        context.pointee.account.add(capacity * MemoryLayout<Segment>.stride)
        capacity *= 2
    }

    /// Puts a segment behind another one of its chain, 0 for the front.
    mutating func link(_ number: Int32, into name: ChainName, behind previous: Int32) {
        let chain = chain(name)
        let next = previous == 0 ? chain.pointee.head : segments[Int(previous)].next
        segments[Int(number)].chain = name
        segments[Int(number)].previous = previous
        segments[Int(number)].next = next
        if previous == 0 { chain.pointee.head = number } else { segments[Int(previous)].next = number }
        if next == 0 { chain.pointee.tail = number } else { segments[Int(next)].previous = number }
        chain.pointee.count += 1
    }

    /// Takes an empty segment out of its chain and gives its memory back.
    mutating func unlink(_ number: Int32) {
        let segment = segments[Int(number)]
        precondition(segment.live == 0, "a segment with live entries was given back")
        let chain = chain(segment.chain)
        if chain.pointee.cursor == number {
            chain.pointee.cursor = segment.next
            chain.pointee.offset = 0
        }
        if chain.pointee.target == number { chain.pointee.target = 0 }
        if segment.previous == 0 {
            chain.pointee.head = segment.next
        } else {
            segments[Int(segment.previous)].next = segment.next
        }
        if segment.next == 0 {
            chain.pointee.tail = segment.previous
        } else {
            segments[Int(segment.next)].previous = segment.previous
        }
        chain.pointee.count -= 1
        segments[Int(number)] = Segment()
        unused.append(number)
        giveBack(segment.memory!)
    }
}

// MARK: Looking through segments
extension SegmentStore {
    /// The entry, live or dead, at an offset of a segment; nil behind the last.
    func entry(in number: Int32, at offset: Int) -> Entry? {
        let segment = segments[Int(number)]
        guard let memory = segment.memory, offset < Int(segment.used) else { return nil }
        return Entry(memory + offset)
    }

    static func reference(_ number: Int32, _ offset: Int) -> UInt32 { UInt32(number) << 13 | UInt32(offset / 4) }

    func isDue(_ number: Int32, _ now: Instant) -> Bool {
        segments[Int(number)].memory != nil && segments[Int(number)].due <= now.milliseconds
    }

    func due(_ number: Int32) -> Int64 { segments[Int(number)].due }

    mutating func setDue(_ number: Int32, _ due: Int64) { segments[Int(number)].due = due }
}
