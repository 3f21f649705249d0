import Bytes
import CacheModel
import Synchronization

/// One leaderboard: its settings, the open season, and those that have closed.
///
/// Behind a lock of its own, held for one operation. Before anything else an operation lets the calendar do what is due
/// (`settle`): a day begins, a season closes. Long work, as taking a past day out of a rolling window, is done in
/// slices by the engine's upkeep; whoever is looked at meanwhile is brought up to date first.
///
/// Unsafe, and `@unchecked Sendable`: everything but `name` is touched only between `lock` and `unlock`.
final class Board: @unchecked Sendable {
    let lock = Lock()
    let name: [UInt8]
    let context: UnsafeMutablePointer<EngineContext>
    let hasher: KeyHasher
    let heap = BoardHeap()
    @exclusivity(unchecked) var settings: BoardSettings
    /// The position the board was made at: rows of an earlier board of the same name lie before it.
    let created: Position
    /// The position of the settings' last change.
    @exclusivity(unchecked) var changed: Position
    let calendar: BoardCalendar
    @exclusivity(unchecked) var season: Season
    /// Seasons that have closed, the oldest first.
    @exclusivity(unchecked) var closed: [Season] = []
    /// The last position given out for this board.
    @exclusivity(unchecked) var lastPosition: Position
    /// When the calendar next has something to do.
    @exclusivity(unchecked) private(set) var nextEvent = Instant.never
    @exclusivity(unchecked) private(set) var nextReset: Instant?
    /// When the open season began, or its reset was last changed.
    private(set) var resetsFrom = Instant(milliseconds: .min)
    /// No longer on the shelf: whoever still holds it finds nothing.
    @exclusivity(unchecked) var isRemoved = false
    /// The moment of the operation at hand.
    @exclusivity(unchecked) private(set) var now = Instant(milliseconds: 0)
    /// What the memory account was told.
    @exclusivity(unchecked) private var accounted = 0
    /// Members, as the statistics were told.
    @exclusivity(unchecked) private var counted = 0
    /// The rows of the change at hand, where somebody reads the log.
    @exclusivity(unchecked) var rows = BoardRows()

    /// What a board takes beside its heap: the object, its name, its place on the shelf.
    private static let ownBytes = 1024

    init(
        name: [UInt8], settings: BoardSettings, created: Position, seasonNumber: Int, startedAt: Instant,
        context: UnsafeMutablePointer<EngineContext>, hasher: KeyHasher
    ) {
        self.name = name
        self.settings = settings
        self.created = created
        changed = created
        lastPosition = created
        self.context = context
        self.hasher = hasher
        calendar = BoardCalendar(zone: settings.zone)
        let days = BoardDays(today: calendar.day(at: startedAt), weekStart: settings.weekStart)
        season = Season(
            number: seasonNumber, startedAt: startedAt, settings: settings, days: days, hasher: hasher, heap: heap)
        planEvents()
        account()
    }

    deinit {
        context.pointee.account.add(-accounted)
        context.pointee.boardMembers.add(-counted, ordering: .relaxed)
        lock.destroy()
    }

    /// Tells the memory account what has changed since the last time.
    func account() {
        let bytes = heap.bytes + Self.ownBytes + name.count
        context.pointee.account.add(bytes - accounted)
        accounted = bytes
        let members = memberCount
        if members != counted { context.pointee.boardMembers.add(members - counted, ordering: .relaxed) }
        counted = members
    }

    /// What the board was last accounted for with.
    var accountedBytes: Int { accounted }

    /// Members, those of closed seasons included.
    var memberCount: Int { closed.reduce(season.members.count) { $0 + $1.members.count } }

    func season(_ number: Int?) -> Season? {
        guard let number, number != season.number else { return season }
        return closed.first { $0.number == number }
    }

    // MARK: Calendar

    func days(at instant: Instant) -> BoardDays {
        BoardDays(today: calendar.day(at: instant), weekStart: settings.weekStart)
    }

    /// Finds out when the calendar next has something to do; a reset that is new comes behind `now`.
    func planEvents(from now: Instant? = nil) {
        resetsFrom = max(now ?? resetsFrom, season.startedAt)
        nextReset = settings.reset.map { calendar.next($0, after: resetsFrom) }
        nextEvent = nextReset ?? .never
        if season.horizon > 0 { nextEvent = min(nextEvent, calendar.start(ofDay: season.days.today + 1)) }
    }

    /// Lets happen what is due by now. A clock that goes back undoes nothing.
    func settle(at now: Instant) {
        self.now = now
        guard now >= nextEvent else { return }
        if let reset = settings.reset, let nextReset, now >= nextReset {
            close(at: nextReset, next: calendar.last(reset, upTo: now), rewards: [])
        }
        season.advance(to: days(at: now))
        planEvents()
    }

    /// The moment of a change that does not begin with the calendar.
    func note(_ now: Instant) { self.now = now }

    /// A slice of the work that a new day brings.
    ///
    /// - Returns: whether there is more of it.
    func maintain(at now: Instant, most: Int) -> Bool {
        settle(at: now)
        guard season.sweep != nil else { return false }
        season.sweepStep(most: most) { recordDeparture(of: $0) }
        account()
        return season.sweep != nil
    }

    /// A member is in no window any more.
    func recordDeparture(of member: RawBytes) {
        var run = takePositions(1)
        let position = run.take()
        guard context.pointee.hasReader, let reference = season.members.find(member) else { return }
        rows.deleteMember(member, season: season.number, of: name)
        record(
            at: position, remaining: 0, replacing: Position(packed: season.members.position(reference)))
    }

    // MARK: Seasons

    /// Closes the open season and begins the next.
    ///
    /// - Parameters: when it closed, and when the next one began.
    func close(at instant: Instant, next: Instant, rewards: [BoardReward]) {
        var drops = 0
        // The sweep takes positions of its own: it must be over before those of the closing are taken.
        bringToEnd(season, at: instant)
        while closed.count + 1 - drops > settings.keptSeasons { drops += 1 }
        var run = takePositions(2 + drops)
        let closedAt = run.take()
        finish(season, closing: SeasonClosing(at: instant, rewards: rewards, position: closedAt))
        closed.append(season)
        if context.pointee.hasReader {
            rows.putSeason(season, of: name)
            record(at: closedAt, remaining: run.left, replacing: nil)
        }
        beginSeason(number: season.number + 1, at: next)
        recordSettings(at: run.take(), remaining: run.left)
        dropSeasons(drops, &run)
        planEvents()
        account()
    }

    /// Brings a season to its last moment.
    private func bringToEnd(_ season: Season, at instant: Instant) {
        season.advance(to: days(at: instant.advanced(byMilliseconds: -1)))
        while season.sweep != nil { season.sweepStep(most: 4096) { recordDeparture(of: $0) } }
    }

    /// Freezes a season as it was in its last moment.
    func finish(_ season: Season, closing: SeasonClosing) {
        season.advance(to: days(at: closing.at.advanced(byMilliseconds: -1)))
        while season.sweep != nil { season.sweepStep(most: 4096) { _ in } }
        season.close(closing, window: settings.mainWindow)
    }

    func beginSeason(number: Int, at instant: Instant) {
        season = Season(
            number: number, startedAt: instant, settings: settings, days: days(at: instant), hasher: hasher,
            heap: heap)
    }

    func dropSeasons(_ count: Int, _ run: inout PositionRun) {
        for _ in 0..<count {
            let dropped = closed.removeFirst()
            let position = run.take()
            guard context.pointee.hasReader else { continue }
            rows.deleteSeason(dropped.number, of: name)
            record(
                at: position, remaining: run.left, replacing: nil, leaving: digest(ofClosed: dropped))
        }
    }
}
