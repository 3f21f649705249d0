import Glibc

/// Finds an entry's reference by its key's hash: many small tables instead of one large one.
///
/// ```
/// hash of a key   │ shard (top bits) … │ sub-table 7 │ slot hash 32 │
/// slot            │ slot hash 32 │ reference 32 │        0 is an empty slot
/// ```
/// A sub-table is an open-addressing table whose home position `slotHash * capacity >> 32` rises with the hash, with
/// linear probing kept in hash order (robin hood). So the whole table is always sorted by hash, with gaps:
/// - growing copies it front to back into a larger one without looking at an entry; it grows by a quarter when 7/8
///   full, so a key costs about 10 bytes, and no sub-table holds more than about 1/128 of its shard, so growing takes
///   microseconds however many keys there are;
/// - a walk of the table in hash order is stable: its cursor is a hash, and survives writes and growth.
///
/// The table does not wrap: a few spare slots behind the last home take what probing pushes out, and when they do not
/// suffice the table grows. The very last slot is always empty, so a probe needs no bounds.
///
/// Unsafe: slots are owned by the index and allocated zeroed; positions start below `capacity` and rise only over full
/// slots, of which the last is none.
struct HashIndex: ~Copyable {
    static let tableCount = 128
    static let smallest = 4

    struct Table {
        var slots: UnsafeMutablePointer<UInt64>?
        var capacity: UInt32 = 0
        var count: UInt32 = 0

        /// The index of the last slot, which stays empty.
        var last: Int { Int(capacity) + min(32, 4 + Int(capacity) / 8) }

        @inline(always)
        func home(_ hash: UInt32) -> Int { Int((UInt64(hash) &* UInt64(capacity)) &>> 32) }
    }

    /// Where a slot is, as long as nothing is inserted or removed.
    struct Place {
        let table: Int
        let slot: Int
    }

    let tables: UnsafeMutablePointer<Table>
    private(set) var count = 0
    /// Bytes allocated: slots as the allocator rounds them, and the tables' own.
    private(set) var bytes: Int
    /// What a sub-table is made for when its first entry comes.
    private var firstCapacity = smallest

    init() {
        tables = .allocate(capacity: Self.tableCount)
        tables.initialize(repeating: Table(), count: Self.tableCount)
        bytes = Self.tableCount * MemoryLayout<Table>.stride
    }

    deinit {
        for index in 0..<Self.tableCount { free(tables[index].slots) }
        tables.deallocate()
    }

    @inline(always)
    static func tableIndex(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> 32 & 127) }

    @inline(always)
    static func slotHash(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) }

    /// The first slot with this hash whose reference satisfies `matches`.
    @inline(always)
    func find(_ hash: UInt64, _ matches: (UInt32) -> Bool) -> Place? {
        let index = Self.tableIndex(hash)
        let table = tables[index]
        guard let slots = table.slots else { return nil }
        let wanted = Self.slotHash(hash)
        var position = table.home(wanted)
        while true {
            let slot = slots[position]
            let found = UInt32(truncatingIfNeeded: slot &>> 32)
            if slot == 0 || found > wanted { return nil }
            if found == wanted, matches(UInt32(truncatingIfNeeded: slot)) { return Place(table: index, slot: position) }
            position &+= 1
        }
    }

    /// The slot that holds exactly this reference.
    func place(of reference: UInt32, hash: UInt64) -> Place? { find(hash) { $0 == reference } }

    @inline(always)
    func reference(at place: Place) -> UInt32 { UInt32(truncatingIfNeeded: tables[place.table].slots![place.slot]) }

    func setReference(_ reference: UInt32, at place: Place) {
        let slots = tables[place.table].slots!
        slots[place.slot] = slots[place.slot] & 0xFFFF_FFFF_0000_0000 | UInt64(reference)
    }

    /// Adds a reference that is not 0 under a hash; equal hashes stand beside each other.
    mutating func insert(_ hash: UInt64, _ reference: UInt32) {
        precondition(reference != 0, "0 marks an empty slot")
        let index = Self.tableIndex(hash)
        if tables[index].count + 1 > tables[index].capacity / 8 * 7 + tables[index].capacity % 8 {
            resize(index, capacity: max(firstCapacity, Self.capacity(for: Int(tables[index].count) + 1)))
        }
        let slot = UInt64(Self.slotHash(hash)) << 32 | UInt64(reference)
        while !put(slot, in: tables[index]) { resize(index, capacity: Int(tables[index].capacity) * 5 / 4 + 4) }
        tables[index].count += 1
        count += 1
    }

    /// Puts a slot where hash order wants it, pushing later ones on; false when they would leave the table.
    private func put(_ slot: UInt64, in table: Table) -> Bool {
        let slots = table.slots!
        let hash = slot &>> 32
        var position = table.home(UInt32(truncatingIfNeeded: hash))
        while slots[position] != 0, slots[position] &>> 32 <= hash { position &+= 1 }
        var gap = position
        while slots[gap] != 0 { gap &+= 1 }
        guard gap < table.last else { return false }
        (slots + position + 1).update(from: slots + position, count: gap - position)
        slots[position] = slot
        return true
    }

    /// Removes a slot and pulls those behind it back towards their homes.
    mutating func remove(at place: Place) {
        let table = tables[place.table]
        let slots = table.slots!
        var hole = place.slot
        while slots[hole + 1] != 0, table.home(UInt32(truncatingIfNeeded: slots[hole + 1] &>> 32)) <= hole {
            slots[hole] = slots[hole + 1]
            hole += 1
        }
        slots[hole] = 0
        tables[place.table].count -= 1
        count -= 1
        let left = Int(tables[place.table].count)
        if Int(table.capacity) > Self.smallest, left * 2 < Int(table.capacity) {
            resize(place.table, capacity: Self.capacity(for: left))
        }
    }

    /// What a sub-table of so many entries gets, so that it need not grow soon.
    private static func capacity(for entries: Int) -> Int { max(smallest, entries * 10 / 7) }

    private mutating func resize(_ index: Int, capacity wanted: Int) {
        var capacity = wanted
        let old = tables[index]
        while true {
            var made = Table(slots: nil, capacity: UInt32(capacity), count: old.count)
            guard let slots = calloc(made.last + 1, 8) else { fatalError("out of memory: an index of \(capacity)") }
            made.slots = slots.bindMemory(to: UInt64.self, capacity: made.last + 1)
            if Self.copy(old, into: made) {
                bytes += Self.allocated(made) - Self.allocated(old)
                tables[index] = made
                free(old.slots)
                return
            }
            free(slots)
            capacity = capacity * 5 / 4 + 4
        }
    }

    /// Makes sub-tables that are still empty large enough for their share of `entries` from their first entry on, until
    /// ``settle()``. Entries that come in hash order need this: in a table that grows with them they would all have
    /// their homes at its front, and each would be looked for past most of those before it.
    mutating func expect(entries: Int) {
        // References of 32 bits name fewer entries than this.
        let share = Double(min(entries, 1 << 30) / Self.tableCount)
        // Hashes spread shares as dice do: one table in a thousand gets more than three deviations above the mean.
        let most = Int(share + 3 * share.squareRoot())
        firstCapacity = max(Self.smallest, most * 8 / 7)
    }

    /// Gives back what sub-tables were made too large for.
    mutating func settle() {
        firstCapacity = Self.smallest
        for index in 0..<Self.tableCount where tables[index].slots != nil {
            let capacity = Self.capacity(for: Int(tables[index].count))
            if Int(tables[index].capacity) > capacity { resize(index, capacity: capacity) }
        }
    }

    private static func allocated(_ table: Table) -> Int {
        table.slots == nil ? 0 : Footprint.allocation((table.last + 1) * 8)
    }

    private static func copy(_ old: Table, into new: Table) -> Bool {
        guard let from = old.slots, let to = new.slots else { return true }
        var next = 0
        for position in 0..<old.last where from[position] != 0 {
            let slot = from[position]
            next = max(next, new.home(UInt32(truncatingIfNeeded: slot &>> 32)))
            guard next < new.last else { return false }
            to[next] = slot
            next += 1
        }
        return true
    }
}
