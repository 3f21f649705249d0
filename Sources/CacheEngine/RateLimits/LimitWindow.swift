import CacheModel

/// The window that a policy is in at one moment, in milliseconds since 1970; empty where it has none.
struct LimitWindow: BitwiseCopyable {
    let start: Int64
    let end: Int64

    private static let none = LimitWindow(start: 0, end: 0)

    /// - Returns: nil where the zone is needed and not among `zones`.
    static func find(_ settings: LimitSettings, _ zones: ZoneSet, _ now: Instant) -> LimitWindow? {
        let rule = settings.rule
        switch rule.algorithm {
        case .gcra, .log, .concurrency: return none
        case .sliding, .fixed:
            let start = Zone.floor(now.milliseconds, rule.window) * rule.window
            return LimitWindow(start: start, end: start + rule.window)
        case .calendar:
            guard let zone = zones.find(settings.zone) else { return nil }
            let (start, end) = rule.period.bounds(at: now, zone)
            return LimitWindow(start: start, end: end)
        }
    }
}
