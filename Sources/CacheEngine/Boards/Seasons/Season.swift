import Bytes
import CacheModel

/// The members of a board from one reset to the next, and their rankings in every window.
///
/// A member's state is the truth; each ranking is derived from it by ``BoardRules`` and the days that count. Whatever
/// changes a state goes through ``change(_:from:to:name:meta:)``, which takes the member out of the rankings it leaves
/// and puts it where it now stands.
final class Season {
    let number: Int
    let startedAt: Instant
    let rules: BoardRules
    let members: MemberTable
    let groups: GroupNames
    @exclusivity(unchecked) private(set) var standings: [Standing]
    @exclusivity(unchecked) private(set) var days: BoardDays
    /// Set when the season has closed; nothing changes any more.
    @exclusivity(unchecked) private(set) var closing: SeasonClosing?
    /// How many days back marks are kept, 0 for none.
    let horizon: Int32
    let keepsEverybody: Bool
    /// Where looking through the members for marks that leave a rolling window goes on; nil when all were seen.
    @exclusivity(unchecked) var sweep: UInt64?

    init(number: Int, startedAt: Instant, settings: BoardSettings, days: BoardDays, hasher: KeyHasher, heap: BoardHeap)
    {
        self.number = number
        self.startedAt = startedAt
        self.days = days
        rules = BoardRules(settings)
        horizon = Int32(settings.windows.map(\.days).max() ?? 0)
        keepsEverybody = settings.windows.contains(.all)
        let layout = MemberLayout(
            columns: settings.columns.count, groups: settings.groups.count, keepsDays: horizon > 0)
        let members = MemberTable(layout: layout, hasher: hasher, heap: heap)
        self.members = members
        groups = GroupNames(heap: heap)
        let (columns, isDense) = (settings.columns.count, settings.isDense)
        standings = settings.windows.map { window in
            Standing(window: window) { Ladder(columns: columns, isDense: isDense, names: members, heap: heap) }
        }
    }

    var isClosed: Bool { closing != nil }

    func standing(_ window: BoardWindow) -> Standing? { standings.first { $0.window == window } }

    // MARK: Marks

    /// What a member has in a window; nil when it is not in it.
    func mark(_ state: MemberState, in window: BoardWindow) -> Mark? {
        let first: Int32
        switch window {
        case .all: return state.total
        case .day: first = days.today
        case .week: first = days.week
        case .rolling(let count): first = state.settledDay - Int32(count) + 1
        }
        var start = state.days.count
        while start > 0, state.days[start - 1].day >= first { start -= 1 }
        return rules.combined(state.days[start...])
    }

    // MARK: Changing

    /// Gives a member a new state, or its first one, and moves it in all rankings.
    ///
    /// - Parameter meta: nil keeps what is there.
    func change(
        _ reference: UInt32?, from old: MemberState?, to new: MemberState, name: RawBytes, meta: RawBytes?
    ) {
        guard let reference, let old else {
            let made = members.insert(name, new, meta: meta ?? .empty)
            for standing in standings { place(new, name, made, in: standing) }
            return
        }
        let movesAll =
            old.groups != new.groups
            || members.moves(
                reference, days: new.days.count, meta: meta?.count ?? members.meta(reference).count)
        var touched: UInt64 = 0
        for (index, standing) in standings.enumerated() {
            let mark = mark(old, in: standing.window)
            guard movesAll || mark != self.mark(new, in: standing.window) else { continue }
            touched |= 1 << UInt64(index)
            if let mark { standing.remove(rules.key(mark, name: name), reference, groups: old.groups) }
        }
        let now = members.replace(reference, new, meta: meta)
        for (index, standing) in standings.enumerated() where touched >> UInt64(index) & 1 == 1 {
            place(new, name, now, in: standing)
        }
    }

    private func place(_ state: MemberState, _ name: RawBytes, _ reference: UInt32, in standing: Standing) {
        guard let mark = mark(state, in: standing.window) else { return }
        standing.insert(rules.key(mark, name: name), reference, groups: state.groups)
    }

    func remove(_ reference: UInt32) {
        let state = members.state(reference)
        let name = members.name(reference)
        for standing in standings {
            guard let mark = mark(state, in: standing.window) else { continue }
            standing.remove(rules.key(mark, name: name), reference, groups: state.groups)
        }
        for group in state.groups { _ = groups.leave(group) }
        members.remove(reference)
    }

    /// A state as it is today: marks of days that no window looks at any more are left out.
    func settled(_ state: MemberState) -> MemberState {
        guard horizon > 0, state.settledDay != days.today else { return state }
        var state = state
        state.settledDay = days.today
        let gone = state.days.prefix { $0.day <= days.today - horizon }.count
        if gone > 0 { state.days.removeFirst(gone) }
        return state
    }

    // MARK: Days

    /// Goes on to a later day: calendar windows that have ended begin anew, and rolling ones are gone through.
    func advance(to later: BoardDays) {
        guard closing == nil, later.today > days.today else { return }
        for standing in standings {
            switch standing.window {
            case .day: standing.removeAll()
            case .week: if later.week != days.week { standing.removeAll() }
            case .all, .rolling: break
            }
        }
        days = later
        let rolls = standings.contains { if case .rolling = $0.window { true } else { false } }
        if rolls || !keepsEverybody { sweep = 0 }
    }

    /// Brings some members up to date with the days, until `most` were looked at.
    ///
    /// - Parameter left: is told of members that are in no window any more, before they are removed.
    func sweepStep(most: Int, left: (RawBytes) -> Void) {
        guard let cursor = sweep else { return }
        var found: [UInt32] = []
        sweep = members.walk(from: cursor, most: most) { found.append($0) }
        for reference in found { settle(reference, left: left) }
    }

    /// Brings one member up to date with the days.
    func settle(_ reference: UInt32, left: (RawBytes) -> Void) {
        guard horizon > 0, closing == nil else { return }
        let old = members.state(reference)
        let new = settled(old)
        if new.days.isEmpty && !keepsEverybody {
            left(members.name(reference))
            return remove(reference)
        }
        if new == old { return }
        // The record that holds the name may move.
        let name = members.name(reference).span.copied()
        name.withUnsafeBytes { bytes in
            let name = RawBytes(start: bytes.baseAddress.unsafelyUnwrapped, count: bytes.count)
            change(reference, from: old, to: new, name: name, meta: nil)
        }
    }

    // MARK: Closing

    /// Ends the season: only the ranking it is remembered by stays.
    func close(_ closing: SeasonClosing, window: BoardWindow) {
        self.closing = closing
        standings.removeAll { $0.window != window }
        sweep = nil
    }

    func checkInvariants() {
        for standing in standings {
            standing.checkInvariants()
            var expected = 0
            var cursor: UInt64? = 0
            while let current = cursor {
                cursor = members.walk(from: current, most: 64) { reference in
                    let state = members.state(reference)
                    guard let mark = mark(state, in: standing.window) else { return }
                    expected += 1
                    let key = rules.key(mark, name: members.name(reference))
                    let before = standing.whole.order.countBefore(key, reference)
                    guard let place = standing.whole.order.place(at: before) else { fatalError("a member is lost") }
                    precondition(standing.whole.order.reference(at: place) == reference, "a member is out of place")
                }
            }
            precondition(standing.whole.count == expected, "a ranking holds too many")
        }
    }
}

/// How a season ended.
struct SeasonClosing: Equatable {
    var at: Instant
    var rewards: [BoardReward]
    /// The position of the closing in the log.
    var position: Position
}
