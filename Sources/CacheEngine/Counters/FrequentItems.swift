import Bytes
import CacheModel

/// The most frequent items of a stream: Space-Saving (Metwally and others, 2005) of up to 1,000 items.
///
/// ```
/// 0  room 2 │ used 2 │ bytes of a cell 2 │ unused 2
/// 8  room × hash 4 │ room × count 8 │ room × error 8 │ room × cell: length 1, item
/// ```
/// A new item takes a free place or, when all 1,000 are taken, that of the least frequent one, whose count it inherits
/// as its error: a count is never too low, and too high by at most its error. Columns of their own make finding an item
/// a scan of 4 KB and the least one of 8 KB. Room doubles as items come; cells are as long as the longest item needs,
/// 16 to 256 bytes.
enum FrequentItems {
    static let most = 1000
    private static let headBytes = 8

    struct Layout {
        let room: Int
        let cell: Int

        var bytes: Int { cells + room * cell }
        var counts: Int { headBytes + room * 4 }
        var errors: Int { counts + room * 8 }
        var cells: Int { errors + room * 8 }

        func hash(_ place: Int) -> Int { headBytes + place * 4 }
        func count(_ place: Int) -> Int { counts + place * 8 }
        func error(_ place: Int) -> Int { errors + place * 8 }
        func item(_ place: Int) -> Int { cells + place * cell }
    }

    /// A state that is whole, and its columns.
    struct Columns {
        let state: RawBytes
        let layout: Layout
        let used: Int

        init?(_ state: RawBytes) {
            guard state.count >= headBytes else { return nil }
            layout = Layout(room: Int(state.number(UInt16.self, 0)), cell: Int(state.number(UInt16.self, 4)))
            used = Int(state.number(UInt16.self, 2))
            guard used <= layout.room, layout.cell > 1, state.count == layout.bytes else { return nil }
            self.state = state
        }

        func hash(_ place: Int) -> UInt32 { state.number(UInt32.self, layout.hash(place)) }
        func count(_ place: Int) -> Int64 { state.number(Int64.self, layout.count(place)) }
        func error(_ place: Int) -> Int64 { state.number(Int64.self, layout.error(place)) }

        func item(_ place: Int) -> RawBytes {
            let at = layout.item(place)
            let length = min(Int(state.byte(at)), layout.cell - 1)
            return RawBytes(start: state.start + at + 1, count: length)
        }

        func find(_ item: RawBytes, _ hash: UInt32) -> Int? {
            for place in 0..<used where self.hash(place) == hash && self.item(place).equals(item) { return place }
            return nil
        }

        /// The place of the least frequent item; there must be one.
        var least: Int {
            var least = 0
            for place in 1..<used where count(place) < count(least) { least = place }
            return least
        }
    }

    static func add(
        _ item: RawBytes, hash: UInt64, by amount: Int64, to state: RawBytes?, _ times: EntryTimes?,
        _ workspace: inout Workspace
    ) -> StateDecision {
        let hash = UInt32(truncatingIfNeeded: hash)
        let cell = cellBytes(item.count)
        guard let state, let columns = Columns(state) else {
            let editor = append(nil, Layout(room: 8, cell: cell), to: &workspace)
            let layout = Layout(room: 8, cell: cell)
            editor.set(UInt16(1), at: 2, in: &workspace)
            write(item, hash, amount, error: 0, at: 0, layout, editor, &workspace)
            return editor.decision(workspace, times)
        }
        if let place = columns.find(item, hash) {
            let editor = StateEditor(of: state.span, in: &workspace)
            let count = columns.count(place).addingSaturating(amount)
            editor.set(count, at: columns.layout.count(place), in: &workspace)
            return editor.decision(workspace, nil)
        }
        return insert(item, hash, by: amount, cell, columns, &workspace)
    }

    private static func insert(
        _ item: RawBytes, _ hash: UInt32, by amount: Int64, _ cell: Int, _ columns: Columns,
        _ workspace: inout Workspace
    ) -> StateDecision {
        let isFull = columns.used == columns.layout.room
        let grows = isFull && columns.layout.room < most
        let layout = Layout(
            room: grows ? min(most, columns.layout.room * 2) : columns.layout.room,
            cell: max(cell, columns.layout.cell))
        let isRebuilt = grows || layout.cell != columns.layout.cell
        let editor =
            isRebuilt ? append(columns, layout, to: &workspace) : StateEditor(of: columns.state.span, in: &workspace)
        if columns.used < layout.room {
            editor.set(UInt16(columns.used + 1), at: 2, in: &workspace)
            write(item, hash, amount, error: 0, at: columns.used, layout, editor, &workspace)
        } else {
            let least = columns.least
            let floor = columns.count(least)
            write(item, hash, floor.addingSaturating(amount), error: floor, at: least, layout, editor, &workspace)
        }
        return editor.decision(workspace, nil)
    }

    private static func cellBytes(_ count: Int) -> Int {
        var cell = 16
        while cell < count + 1 { cell *= 2 }
        return cell
    }

    private static func write(
        _ item: RawBytes, _ hash: UInt32, _ count: Int64, error: Int64, at place: Int, _ layout: Layout,
        _ editor: StateEditor, _ workspace: inout Workspace
    ) {
        editor.set(hash, at: layout.hash(place), in: &workspace)
        editor.set(count, at: layout.count(place), in: &workspace)
        editor.set(error, at: layout.error(place), in: &workspace)
        editor.set(UInt8(item.count), at: layout.item(place), in: &workspace)
        editor.set(item.span, at: layout.item(place) + 1, in: &workspace)
    }

    /// A draft of that layout with what the columns hold.
    private static func append(_ columns: Columns?, _ layout: Layout, to workspace: inout Workspace) -> StateEditor {
        let start = workspace.drafts.count
        workspace.drafts.append(repeating: 0, count: layout.bytes)
        let editor = StateEditor(draftAt: start)
        editor.set(UInt16(layout.room), at: 0, in: &workspace)
        editor.set(UInt16(columns?.used ?? 0), at: 2, in: &workspace)
        editor.set(UInt16(layout.cell), at: 4, in: &workspace)
        guard let columns else { return editor }
        for place in 0..<columns.used {
            write(
                columns.item(place), columns.hash(place), columns.count(place), error: columns.error(place), at: place,
                layout, editor, &workspace)
        }
        return editor
    }

    // MARK: Merging

    /// The items of several states. An item that a full state lacks may have been its least one: that much is added to
    /// its count, and to its error.
    struct Union {
        private struct Tally {
            var count: Int64
            var error: Int64
        }

        private var tallies: [[UInt8]: Tally] = [:]
        private var floors: Int64 = 0

        mutating func add(_ state: RawBytes) {
            guard let columns = Columns(state), columns.used > 0 else { return }
            let floor = columns.used == most ? columns.count(columns.least) : 0
            floors = floors.addingSaturating(floor)
            for place in 0..<columns.used {
                var tally = tallies[columns.item(place).span.copied()] ?? Tally(count: 0, error: 0)
                tally.count = tally.count.addingSaturating(columns.count(place) - floor)
                tally.error = tally.error.addingSaturating(columns.error(place) - floor)
                tallies[columns.item(place).span.copied()] = tally
            }
        }

        /// The `most` most frequent, the first of equals by their bytes.
        func top(_ most: Int) -> [(item: [UInt8], count: Int64, error: Int64)] {
            let sorted = tallies.sorted {
                $0.value.count != $1.value.count
                    ? $0.value.count > $1.value.count : $0.key.lexicographicallyPrecedes($1.key)
            }
            return sorted.prefix(most).map {
                ($0.key, $0.value.count.addingSaturating(floors), $0.value.error.addingSaturating(floors))
            }
        }
    }
}
