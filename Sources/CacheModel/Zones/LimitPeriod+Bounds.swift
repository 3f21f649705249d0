/// Civil stretches of time in a zone.
extension LimitPeriod {
    /// Where the period under way begins and ends, in milliseconds.
    public func bounds(at now: Instant, _ zone: Zone) -> (Int64, Int64) {
        switch self {
        case .minute: return Self.bounds(of: 60, now, zone)
        case .hour: return Self.bounds(of: 3600, now, zone)
        case .day: return days(from: zone.day(at: now), count: 1, zone)
        case .week:
            // 1970 began on a Thursday; weeks begin on Monday.
            let day = zone.day(at: now)
            return days(from: Zone.floor(day + 3, 7) * 7 - 3, count: 7, zone)
        case .month:
            let month = CivilMonth(day: zone.day(at: now))
            return days(from: month.firstDay, count: month.next.firstDay - month.firstDay, zone)
        }
    }

    private func days(from first: Int64, count: Int64, _ zone: Zone) -> (Int64, Int64) {
        (zone.start(ofDay: first).milliseconds, zone.start(ofDay: first + count).milliseconds)
    }

    private static func bounds(of length: Int64, _ now: Instant, _ zone: Zone) -> (Int64, Int64) {
        let offset = zone.offset(at: now.seconds)
        let start = Zone.floor(now.seconds + offset, length) * length - offset
        return (start * 1000, (start + length) * 1000)
    }
}

/// A month of the proleptic Gregorian calendar (Howard Hinnant's days-from-civil).
struct CivilMonth {
    private let year: Int64
    /// 1 to 12.
    private let month: Int64

    /// The month of a day, counted from 1970-01-01.
    init(day: Int64) {
        let days = day + 719_468
        let era = Zone.floor(days, 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        self.month = month
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    private init(year: Int64, month: Int64) {
        self.year = year
        self.month = month
    }

    var next: CivilMonth {
        month == 12 ? CivilMonth(year: year + 1, month: 1) : CivilMonth(year: year, month: month + 1)
    }

    var firstDay: Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = Zone.floor(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
