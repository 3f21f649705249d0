import CacheModel

/// When days begin in a board's zone, and when its seasons end.
struct BoardCalendar {
    let zone: BoardZone
    private static let dayMilliseconds: Int64 = 86_400_000

    /// The day a moment falls on, as days since 1970-01-01. Years beyond those of 32 bits of days count as the last.
    func day(at instant: Instant) -> Int32 {
        let local = instant.advanced(byMilliseconds: zone.offset(at: instant) * 1000).milliseconds
        return Int32(clamping: local.flooredQuotient(by: Self.dayMilliseconds))
    }

    /// The first moment of a day, by the zone's clocks; where they skip midnight, the first moment behind it.
    func start(ofDay day: Int32) -> Instant { moment(day: day, minute: 0) }

    /// The first moment at which the zone's clocks show this time of this day or a later one.
    func moment(day: Int32, minute: Int) -> Instant {
        let wanted = Int64(day) * Self.dayMilliseconds + Int64(minute) * 60_000
        // No zone is further than 26 hours from UTC: what is sought lies between these two.
        var low = wanted - 26 * 3_600_000
        var high = wanted + 26 * 3_600_000
        while low < high {
            let middle = low + (high - low) / 2
            let shown = middle + zone.offset(at: Instant(milliseconds: middle)) * 1000
            if shown >= wanted { high = middle } else { low = middle + 1 }
        }
        return Instant(milliseconds: low)
    }

    /// The first reset behind a moment.
    func next(_ reset: BoardReset, after instant: Instant) -> Instant {
        var day = day(at: instant)
        while true {
            if let minute = minute(of: reset, onDay: day) {
                let moment = moment(day: day, minute: minute)
                if moment > instant { return moment }
            }
            day += 1
        }
    }

    /// The last reset at or before a moment.
    func last(_ reset: BoardReset, upTo instant: Instant) -> Instant {
        var day = day(at: instant)
        while true {
            if let minute = minute(of: reset, onDay: day) {
                let moment = moment(day: day, minute: minute)
                if moment <= instant { return moment }
            }
            day -= 1
        }
    }

    /// The minute at which a reset happens on a day; nil when none does.
    private func minute(of reset: BoardReset, onDay day: Int32) -> Int? {
        switch reset {
        case .daily(let minute): return minute
        case .weekly(let weekday, let minute): return ((Int(day) + 3) % 7 + 7) % 7 == weekday ? minute : nil
        case .monthly(let wanted, let minute): return Self.dayOfMonth(day) == wanted ? minute : nil
        }
    }

    /// 1…31, by Howard Hinnant's civil-from-days: years that begin in March, in eras of 400.
    private static func dayOfMonth(_ day: Int32) -> Int {
        let days = Int(day) + 719_468
        let dayOfEra = (days % 146_097 + 146_097) % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return dayOfYear - (153 * month + 2) / 5 + 1
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
