import CacheModel

/// One id of a policy at one moment: how much is left, and what taking and giving back makes of its state.
///
/// `gcra` counts in nanoseconds: each unit taken moves the instant at which the bucket is full again by the time that
/// a unit takes to flow in, rounded up, so no window of time ever sees more than quota and burst allow. All other
/// algorithms count whole units. `used` of an algorithm is never negative; charges may take it past the quota.
struct LimitMeter {
    private(set) var state: LimitState
    let rule: LimitRule
    private let quota: Int64
    private let burst: Int64
    private let now: Int64
    private let nanoseconds: Int64
    /// Whether it is `gcra`.
    private let isBucket: Bool
    /// Nanoseconds a unit, `gcra` only.
    private let interval: Int64
    private let window: LimitWindow

    init(
        _ kept: LimitState?, _ rule: LimitRule, _ glob: LimitOverride?, _ window: LimitWindow, _ now: Instant
    ) {
        let isNew = kept == nil
        state = kept ?? LimitState()
        if let override = state.override, override.expiresAt <= now { state.override = nil }
        var rule = rule
        if let override = state.override ?? glob {
            rule.quota = override.quota
            rule.burst = override.burst
        }
        self.rule = rule
        (quota, burst) = (rule.quota, rule.burst)
        self.now = now.milliseconds
        nanoseconds = Self.nanoseconds(now.milliseconds)
        isBucket = rule.algorithm == .gcra
        interval = isBucket ? rule.interval : 1
        self.window = window
        if let until = state.blockedUntil, until <= self.now { state.blockedUntil = nil }
        adopt(isNew: isNew)
        if !state.reservations.isEmpty { returnReservations() }
    }

    private static func nanoseconds(_ milliseconds: Int64) -> Int64 {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (milliseconds > 0 ? .max : .min) : product
    }

    private func cost(_ units: Int64) -> Int64 {
        let (product, overflow) = units.multipliedReportingOverflow(by: interval)
        return overflow ? .max / 4 : min(product, .max / 4)
    }

    // MARK: Taking over

    /// Brings the state to this moment, and to this rule when it was counted by others.
    private mutating func adopt(isNew: Bool) {
        if isNew { return start(used: 0) }
        guard state.algorithm.rawValue == rule.algorithm.rawValue else {
            let used = usedByItself()
            state.grants = []
            state.leases = []
            return start(used: min(used, rule.capacity))
        }
        switch state.algorithm {
        case .gcra where state.unit != interval: start(used: min(usedByItself(), burst))
        case .gcra: state.mark = max(state.mark, nanoseconds)
        case .fixed where state.unit != rule.window: start(used: min(usedByItself(), quota))
        case .sliding where state.unit != rule.window: start(used: min(usedByItself(), quota))
        case .fixed, .calendar:
            if state.mark != window.start { start(used: 0) }
        case .sliding:
            if state.mark == window.start { return }
            let before = state.mark == window.start - rule.window ? state.used : 0
            start(used: 0)
            state.usedBefore = before
        case .log: state.grants.removeAll { $0.at <= now - rule.window }
        case .concurrency: state.leases.removeAll { $0.end <= now }
        }
    }

    /// What was used as the algorithm saw it that counted.
    private func usedByItself() -> Int64 {
        switch state.algorithm {
        case .gcra:
            return max(0, state.mark - nanoseconds - 1) / max(1, state.unit) + (state.mark > nanoseconds ? 1 : 0)
        case .fixed, .sliding:
            let length = max(1, state.unit)
            let start = Zone.floor(now, length) * length
            if state.mark == start { return state.used }
            return 0
        case .calendar: return state.mark + state.unit > now ? state.used : 0
        case .log: return state.grants.reduce(0) { $0.addingSaturating($1.cost) }
        case .concurrency: return 0
        }
    }

    private mutating func start(used: Int64) {
        state.algorithm = rule.algorithm
        (state.used, state.usedBefore, state.mark, state.unit) = (0, 0, 0, 0)
        switch rule.algorithm {
        case .gcra:
            state.unit = interval
            state.mark = nanoseconds.addingSaturating(cost(used))
        case .fixed, .sliding, .calendar:
            state.mark = window.start
            state.unit = window.end - window.start
            state.used = used
        case .log: if used > 0 { state.grants = [LimitState.Grant(at: now, cost: used)] }
        case .concurrency: break
        }
    }

    // MARK: How it stands

    private var debt: Int64 { max(0, state.mark &- nanoseconds) }

    /// Units used that still count.
    var used: Int64 {
        switch rule.algorithm {
        case .gcra: return debt == 0 ? 0 : (debt - 1) / interval + 1
        case .fixed, .calendar: return state.used
        case .sliding: return state.used.addingSaturating(weightedBefore)
        case .log: return state.grants.reduce(0) { $0.addingSaturating($1.cost) }
        case .concurrency: return state.leases.reduce(0) { $0.addingSaturating($1.cost) }
        }
    }

    /// The share of the window before that still reaches into the last `window`, rounded up.
    private var weightedBefore: Int64 { Self.share(state.usedBefore, window.end - now, of: rule.window) }

    private static func share(_ units: Int64, _ part: Int64, of whole: Int64) -> Int64 {
        guard units > 0, part > 0 else { return 0 }
        let (quotient, rest) = whole.dividingFullWidth(units.multipliedFullWidth(by: min(part, whole)))
        return rest > 0 ? quotient + 1 : quotient
    }

    var remaining: Int64 {
        if isBucket { return max(0, cost(burst) - debt) / interval }
        return max(0, quota - used)
    }

    /// Whether so much can be had now.
    func grants(_ units: Int64) -> Bool {
        if isBucket { return debt.addingSaturating(cost(units)) <= cost(burst) }
        return used.addingSaturating(units) <= quota
    }

    /// Milliseconds until so much can be had, if nobody else takes any; 0 for now.
    func wait(for units: Int64) -> Int64 {
        if grants(units) { return 0 }
        switch rule.algorithm {
        case .gcra: return Self.milliseconds(debt.addingSaturating(cost(units)) - cost(burst))
        case .fixed, .calendar: return window.end - now
        case .sliding: return slidingWait(for: units)
        case .log:
            return Self.wait(
                for: used.addingSaturating(units) - quota,
                of: state.grants.map { ($0.at + rule.window - now, $0.cost) })
        case .concurrency:
            let ends = state.leases.map { ($0.end - now, $0.cost) }.sorted { $0.0 < $1.0 }
            return Self.wait(for: used.addingSaturating(units) - quota, of: ends)
        }
    }

    private static func milliseconds(_ nanoseconds: Int64) -> Int64 {
        nanoseconds <= 0 ? 0 : (nanoseconds - 1) / 1_000_000 + 1
    }

    /// When enough of what is held has gone, in order.
    private static func wait(for units: Int64, of held: [(after: Int64, units: Int64)]) -> Int64 {
        var missing = units
        for part in held {
            missing -= part.units
            if missing <= 0 { return max(1, part.after) }
        }
        return max(1, held.last?.after ?? 1)
    }

    private func slidingWait(for units: Int64) -> Int64 {
        let length = rule.window
        let room = quota - units
        if state.used <= room {
            // The window before fades until what is left of it fits.
            return max(1, window.end - now - Self.fitting(room - state.used, of: state.usedBefore, length))
        }
        return window.end - now + length - Self.fitting(max(0, room), of: state.used, length)
    }

    /// For how much of a window's length the share of `units` is within `room`.
    private static func fitting(_ room: Int64, of units: Int64, _ window: Int64) -> Int64 {
        guard units > room else { return window }
        return units.dividingFullWidth(room.multipliedFullWidth(by: window)).quotient
    }

    /// Milliseconds until nothing is used any more.
    var resetAfter: Int64 {
        switch rule.algorithm {
        case .gcra: return Self.milliseconds(debt)
        case .fixed, .calendar: return state.used > 0 ? window.end - now : 0
        case .sliding:
            if state.used > 0 { return window.end - now + rule.window }
            return state.usedBefore > 0 ? window.end - now : 0
        case .log: return max(0, (state.grants.last?.at ?? now - rule.window) + rule.window - now)
        case .concurrency: return max(0, (state.leases.map(\.end).max() ?? now) - now)
        }
    }

    /// Milliseconds until there is more than now; 0 when nothing is used.
    var moreAfter: Int64 {
        guard resetAfter > 0 else { return 0 }
        return min(resetAfter, wait(for: remaining.addingSaturating(1)))
    }

    // MARK: Taking and giving back

    mutating func take(_ units: Int64, lease: UInt64 = 0) {
        guard units > 0 else { return }
        switch rule.algorithm {
        case .gcra: state.mark = max(state.mark, nanoseconds).addingSaturating(cost(units))
        case .fixed, .calendar, .sliding: state.used = state.used.addingSaturating(units)
        case .log:
            if let last = state.grants.last, last.at == now || state.grants.count >= LimitSettings.mostKept * 2 {
                state.grants[state.grants.count - 1] = LimitState.Grant(
                    at: now, cost: last.cost.addingSaturating(units))
            } else {
                state.grants.append(LimitState.Grant(at: now, cost: units))
            }
        case .concurrency:
            state.leases.append(LimitState.Lease(id: lease, end: now + rule.lease, cost: units))
        }
    }

    /// Denied calls of a policy that counts them consume up to twice what it ever grants: they keep the door shut, not
    /// shut for ever.
    mutating func takeDenied(_ units: Int64) {
        guard rule.algorithm != .concurrency else { return }
        take(max(0, min(units, rule.capacity.addingSaturating(rule.capacity) - used)))
    }

    /// Gives back the newest first, wherever it came from.
    mutating func giveBack(_ units: Int64) {
        switch rule.algorithm {
        case .gcra: state.mark = max(nanoseconds, state.mark - cost(units))
        case .fixed, .calendar: state.used = max(0, state.used - units)
        case .sliding:
            let rest = max(0, units - state.used)
            state.used = max(0, state.used - units)
            state.usedBefore = max(0, state.usedBefore - rest)
        case .log:
            var left = units
            while left > 0, let last = state.grants.last {
                if last.cost > left {
                    state.grants[state.grants.count - 1].cost -= left
                    return
                }
                left -= last.cost
                state.grants.removeLast()
            }
        case .concurrency: break
        }
    }

    /// Gives back what was taken at a moment, as far as it still counts.
    private mutating func giveBack(_ units: Int64, takenAt mark: Int64) {
        switch rule.algorithm {
        case .gcra:
            let left = min(max(0, mark - nanoseconds), cost(units))
            state.mark = max(nanoseconds, state.mark - left)
        case .fixed, .calendar: if mark >= window.start { giveBack(units) }
        case .sliding:
            if mark >= window.start {
                state.used = max(0, state.used - units)
            } else if mark >= window.start - rule.window {
                state.usedBefore = max(0, state.usedBefore - units)
            }
        case .log:
            guard let place = state.grants.firstIndex(where: { $0.at == mark }) else { return }
            state.grants[place].cost -= min(units, state.grants[place].cost)
            if state.grants[place].cost == 0 { state.grants.remove(at: place) }
        case .concurrency: break
        }
    }

    // MARK: Reservations

    /// Notes that what was just taken may be settled until `end`.
    mutating func reserve(_ units: Int64, nonce: UInt64, for milliseconds: Int64) {
        let mark = isBucket ? state.mark : now
        state.reservations.append(
            LimitState.Reservation(nonce: nonce, cost: units, end: now + milliseconds, mark: mark))
    }

    var canReserve: Bool {
        rule.algorithm != .concurrency && state.reservations.count < LimitState.mostReservations
    }

    /// Settles a reservation at its true cost; false when there is none.
    mutating func settle(_ nonce: UInt64, cost: Int64) -> Bool {
        guard let place = state.reservations.firstIndex(where: { $0.nonce == nonce }) else { return false }
        let reservation = state.reservations.remove(at: place)
        if cost > reservation.cost {
            take(cost - reservation.cost)
        } else {
            giveBack(reservation.cost - cost, takenAt: reservation.mark)
        }
        return true
    }

    /// What nobody settled in time goes back.
    private mutating func returnReservations() {
        for reservation in state.reservations where reservation.end <= now {
            giveBack(reservation.cost, takenAt: reservation.mark)
        }
        state.reservations.removeAll { $0.end <= now }
    }

    // MARK: Leases, blocks, overrides

    mutating func renew(_ lease: UInt64, for milliseconds: Int64) -> Bool {
        guard let place = state.leases.firstIndex(where: { $0.id == lease }) else { return false }
        state.leases[place].end = now + (milliseconds == 0 ? rule.lease : milliseconds)
        return true
    }

    mutating func release(_ lease: UInt64) -> Bool {
        guard let place = state.leases.firstIndex(where: { $0.id == lease }) else { return false }
        state.leases.remove(at: place)
        return true
    }

    mutating func block(until end: Int64) { state.blockedUntil = end }
    mutating func set(_ override: LimitOverride?) { state.override = override }

    mutating func forget() {
        state.grants = []
        state.leases = []
        state.reservations = []
        start(used: 0)
    }

    // MARK: Keeping

    /// When nothing of the state matters any more, in milliseconds; nil when that is so already.
    var end: Int64? {
        var end = now
        switch rule.algorithm {
        case .gcra: if debt > 0 { end = now + Self.milliseconds(debt) }
        default: end = now + resetAfter
        }
        if let until = state.blockedUntil { end = max(end, until) }
        if let override = state.override { end = max(end, override.expiresAt.milliseconds) }
        for reservation in state.reservations { end = max(end, reservation.end) }
        return end > now ? end : nil
    }
}
