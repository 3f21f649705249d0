import CacheModel
import Glibc

/// The members of one season: a record each, found by name.
///
/// Unsafe: records lie in an arena of the table's own; addresses are used at once and never kept over `write`.
final class MemberTable {
    let layout: MemberLayout
    private let hasher: KeyHasher
    private let heap: BoardHeap
    private let arena: RecordArena
    @exclusivity(unchecked) private var index = HashIndex()
    /// What the heap was told of the index.
    @exclusivity(unchecked) private var noted = 0

    init(layout: MemberLayout, hasher: KeyHasher, heap: BoardHeap) {
        self.layout = layout
        self.hasher = hasher
        self.heap = heap
        arena = RecordArena(heap: heap)
        noteIndex()
    }

    deinit { heap.note(-noted) }

    var count: Int { index.count }

    /// Whether one more member can be kept.
    var hasRoom: Bool { arena.hasRoom }

    private func noteIndex() {
        heap.note(index.bytes - noted)
        noted = index.bytes
    }

    // MARK: Reading

    func find(_ name: RawBytes) -> UInt32? {
        guard let place = index.find(hasher.hash(name), { self.name($0).equals(name) }) else { return nil }
        return index.reference(at: place)
    }

    @inline(always)
    func name(_ reference: UInt32) -> RawBytes { layout.name(arena.address(reference)) }

    func meta(_ reference: UInt32) -> RawBytes { layout.meta(arena.address(reference)) }

    func position(_ reference: UInt32) -> UInt64 { arena.address(reference).load(as: UInt64.self) }

    /// By which day the member was last brought up to date; the layout must keep days.
    func settledDay(_ reference: UInt32) -> Int32 {
        arena.address(reference).loadUnaligned(fromByteOffset: layout.settledOffset, as: Int32.self)
    }

    func state(_ reference: UInt32) -> MemberState {
        let record = UnsafeRawPointer(arena.address(reference))
        var state = MemberState(position: record.load(as: UInt64.self), total: layout.mark(record, at: 8))
        if layout.keepsDays {
            state.settledDay = record.loadUnaligned(fromByteOffset: layout.settledOffset, as: Int32.self)
            for index in 0..<layout.dayCount(record) {
                let offset = layout.daysOffset + index * layout.dayBytes
                let day = record.loadUnaligned(fromByteOffset: offset, as: Int32.self)
                state.days.append(DayMark(day: day, mark: layout.mark(record, at: offset + 4)))
            }
        }
        for group in 0..<layout.groups {
            state.groups.append(
                record.loadUnaligned(fromByteOffset: layout.groupsOffset + group * 4, as: UInt32.self))
        }
        return state
    }

    /// Visits members in an order that writes do not change, from a cursor on, until `most` were seen; 0 is the start.
    ///
    /// - Returns: where to go on, nil at the end.
    func walk(from cursor: UInt64, most: Int, _ visit: (UInt32) -> Void) -> UInt64? {
        var table = Int(cursor >> 32)
        var hash = UInt32(truncatingIfNeeded: cursor)
        var left = most
        while table < HashIndex.tableCount {
            let next = index.walk(table: table, from: hash) { reference in
                visit(reference)
                left -= 1
                return left > 0
            }
            if let next { return UInt64(table) << 32 | UInt64(next) }
            table += 1
            hash = 0
            if left <= 0, table < HashIndex.tableCount { return UInt64(table) << 32 }
        }
        return nil
    }

    // MARK: Changing

    /// Whether writing these would give the record another reference.
    func moves(_ reference: UInt32, days: Int, meta: Int) -> Bool {
        let record = arena.address(reference)
        let wanted = layout.bytes(name: layout.nameCount(record), days: days, meta: meta)
        return RecordArena.size(wanted) != RecordArena.size(layout.bytes(record))
    }

    /// Writes a new member's record.
    func insert(_ name: RawBytes, _ state: MemberState, meta: RawBytes) -> UInt32 {
        let size = RecordArena.size(layout.bytes(name: name.count, days: state.days.count, meta: meta.count))
        let reference = arena.allocate(size)
        write(name, state, meta, to: arena.address(reference))
        index.insert(hasher.hash(name), reference)
        noteIndex()
        return reference
    }

    /// Writes a member's record anew; `meta` nil keeps what is there.
    ///
    /// - Returns: the reference from now on.
    func replace(_ reference: UInt32, _ state: MemberState, meta: RawBytes?) -> UInt32 {
        let old = UnsafeRawPointer(arena.address(reference))
        let name = layout.name(old)
        let meta = meta ?? layout.meta(old)
        let oldSize = RecordArena.size(layout.bytes(old))
        let count = layout.bytes(name: name.count, days: state.days.count, meta: meta.count)
        let size = RecordArena.size(count)
        // Name and meta may lie in the record itself, so the new one is made aside.
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { scratch in
            let made = scratch.baseAddress.unsafelyUnwrapped
            write(name, state, meta, to: made)
            var target = reference
            if size != oldSize {
                let hash = hasher.hash(layout.name(made))
                guard let place = index.place(of: reference, hash: hash) else { fatalError("a member lost its place") }
                arena.release(reference, oldSize)
                target = arena.allocate(size)
                index.setReference(target, at: place)
            }
            memcpy(arena.address(target), made, count)
            return target
        }
    }

    func remove(_ reference: UInt32) {
        let record = arena.address(reference)
        guard let place = index.place(of: reference, hash: hasher.hash(layout.name(record))) else {
            fatalError("a member lost its place")
        }
        index.remove(at: place)
        noteIndex()
        arena.release(reference, RecordArena.size(layout.bytes(record)))
    }

    private func write(_ name: RawBytes, _ state: MemberState, _ meta: RawBytes, to record: UnsafeMutableRawPointer) {
        record.storeBytes(of: state.position, as: UInt64.self)
        layout.setMark(state.total, record, at: 8)
        layout.setCounts(record, name: name.count, days: state.days.count, meta: meta.count)
        if layout.keepsDays {
            record.storeBytes(of: state.settledDay, toByteOffset: layout.settledOffset, as: Int32.self)
        }
        for group in 0..<layout.groups {
            record.storeBytes(of: state.groups[group], toByteOffset: layout.groupsOffset + group * 4, as: UInt32.self)
        }
        var offset = layout.daysOffset
        for day in state.days {
            record.storeBytes(of: day.day, toByteOffset: offset, as: Int32.self)
            layout.setMark(day.mark, record, at: offset + 4)
            offset += layout.dayBytes
        }
        name.copy(to: record + offset)
        meta.copy(to: record + offset + name.count)
    }
}
