import Bytes
import CacheModel
import HTTP1
import JSON

/// A policy's settings as parameters and members write them.
enum LimitSettingsText {
    static let parameters = ParameterSet(
        .algorithm, .quota, .window, .burst, .unit, .shadow, .countDenied, .per, .zone, .lease)
    /// Those that a question may bring for a policy that is not stored.
    static let inline = ParameterSet(.algorithm, .quota, .window, .burst, .per, .zone, .lease)

    /// Reads settings, which must make sense together: 422 where each alone would be right.
    static func read(_ parameters: borrowing Parameters) throws(Problem) -> LimitSettings {
        var rule = LimitRule()
        if let text = parameters[.algorithm] {
            guard let algorithm = algorithm(text) else {
                throw .bad(.algorithm, "gcra, sliding, fixed, calendar, log or concurrency")
            }
            rule.algorithm = algorithm
        }
        guard let quota = try parameters.number(.quota, in: 1...LimitSettings.mostQuota, quotaForm) else {
            throw Problem(.unprocessable, "a policy has a quota")
        }
        rule.quota = quota
        rule.window = try parameters.duration(.window)?.milliseconds ?? 0
        rule.burst = try parameters.number(.burst, in: 1...LimitSettings.mostQuota, quotaForm) ?? quota
        rule.lease = try parameters.duration(.lease)?.milliseconds ?? rule.lease
        rule.isShadow = try parameters.flag(.shadow) ?? false
        rule.countsDenied = try parameters.flag(.countDenied) ?? false
        if let text = parameters[.per] {
            guard let period = period(text) else { throw .bad(.per, "minute, hour, day, week or month") }
            rule.period = period
        }
        try check(rule, parameters)
        var settings = LimitSettings()
        settings.rule = rule
        if let text = parameters[.unit] {
            guard (1...64).contains(text.count) else { throw .bad(.unit, "1 to 64 bytes") }
            settings.unit = text.copied()
        }
        if let text = parameters[.zone] { settings.zone = CounterSettingsText.zoneName(text) }
        return settings
    }

    private static let quotaForm: StaticString = "a whole number from 1 to 1000000000"

    private static func check(_ rule: LimitRule, _ parameters: borrowing Parameters) throws(Problem) {
        let isCalendar = rule.algorithm == .calendar
        if parameters.has(.per) != isCalendar {
            throw Problem(.unprocessable, "per goes with the algorithm calendar, and calendar needs it")
        }
        if parameters.has(.zone) && !isCalendar {
            throw Problem(.unprocessable, "tz goes with the algorithm calendar only")
        }
        let hasWindow = !isCalendar && rule.algorithm != .concurrency
        if parameters.has(.window) != hasWindow {
            throw Problem(.unprocessable, "gcra, sliding, fixed and log have a window, calendar and concurrency none")
        }
        if parameters.has(.burst) && rule.algorithm != .gcra {
            throw Problem(.unprocessable, "burst goes with the algorithm gcra only")
        }
        if parameters.has(.lease) && rule.algorithm != .concurrency {
            throw Problem(.unprocessable, "lease goes with the algorithm concurrency only")
        }
        let isKept = rule.algorithm == .log || rule.algorithm == .concurrency
        if isKept && rule.quota > LimitSettings.mostKept {
            throw Problem(.unprocessable, "log and concurrency have a quota of at most 1000")
        }
        if rule.algorithm == .gcra {
            let (nanoseconds, overflow) = rule.interval.multipliedReportingOverflow(by: rule.burst)
            if overflow || nanoseconds / 1_000_000 > Limits.lifetime {
                throw Problem(.unprocessable, "a burst that takes more than ten years to flow in")
            }
        }
    }

    static func algorithm(_ text: Span<UInt8>) -> LimitAlgorithm? {
        for algorithm in LimitAlgorithm.allCases where text.equals(algorithm.name) { return algorithm }
        return nil
    }

    private static func period(_ text: Span<UInt8>) -> LimitPeriod? {
        for period in LimitPeriod.allCases where text.equals(period.name) { return period }
        return nil
    }

    /// The members of a policy.
    static func append(_ policy: LimitPolicy, json: inout JSONWriter, into out: inout IOBuffer) {
        let settings = policy.settings
        let rule = settings.rule
        let name = policy.name
        json.member("policy", orBase64: "policy64", bytes: name.span, into: &out)
        json.member("algorithm", string: rule.algorithm.name, into: &out)
        json.member("quota", integer: rule.quota, into: &out)
        switch rule.algorithm {
        case .calendar:
            json.member("per", string: rule.period.name, into: &out)
            let zone = settings.zone.isEmpty ? Array("UTC".utf8) : settings.zone
            json.member("tz", string: zone.span, into: &out)
        case .concurrency: json.member("lease_ms", integer: rule.lease, into: &out)
        case .gcra, .sliding, .fixed, .log: json.member("window_ms", integer: rule.window, into: &out)
        }
        if rule.algorithm == .gcra { json.member("burst", integer: rule.burst, into: &out) }
        let unit = settings.unit
        json.member("unit", orBase64: "unit64", bytes: unit.span, into: &out)
        json.member("shadow", bool: rule.isShadow, into: &out)
        json.member("count_denied", bool: rule.countsDenied, into: &out)
    }
}

extension LimitAlgorithm {
    var name: StaticString {
        switch self {
        case .gcra: "gcra"
        case .sliding: "sliding"
        case .fixed: "fixed"
        case .calendar: "calendar"
        case .log: "log"
        case .concurrency: "concurrency"
        }
    }
}

extension LimitPeriod {
    var name: StaticString {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        case .week: "week"
        case .month: "month"
        }
    }

    /// What it lasts, in seconds; a month at its longest.
    var seconds: Int64 {
        switch self {
        case .minute: 60
        case .hour: 3600
        case .day: 86_400
        case .week: 604_800
        case .month: 2_678_400
        }
    }
}
