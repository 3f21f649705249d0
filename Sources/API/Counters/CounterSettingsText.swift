import Bytes
import CacheModel
import HTTP1
import JSON

/// Settings of a counter as parameters and members write them.
enum CounterSettingsText {
    static let parameters = ParameterSet(.min, .max, .overflow, .windows, .zone)

    /// What was given; nil when nothing was.
    static func wish(_ parameters: borrowing Parameters) throws(Problem) -> CounterWish? {
        var wish = CounterWish()
        wish.minimum = try parameters.integer(.min)
        wish.maximum = try parameters.integer(.max)
        if let low = wish.minimum, let high = wish.maximum, low > high { throw .bad(.min, "greater than max") }
        if let text = parameters[.overflow] {
            guard let overflow = overflow(text) else { throw .bad(.overflow, "reject, saturate or wrap") }
            wish.overflow = overflow
        }
        if let text = parameters[.windows] {
            var windows: [CounterWindow] = []
            wish.keepsTotal = try read(windows: text, into: &windows)
            wish.windows = windows
        }
        if let text = parameters[.zone] { wish.zone = zoneName(text) }
        return wish == CounterWish() ? nil : wish
    }

    /// UTC is what is meant where no zone is named.
    static func zoneName(_ text: Span<UInt8>) -> [UInt8] { text.equals("UTC") ? [] : text.copied() }

    private static func overflow(_ text: Span<UInt8>) -> CounterOverflow? {
        for overflow in CounterOverflow.allCases where text.equals(overflow.name) { return overflow }
        return nil
    }

    // MARK: Windows

    private static let windowForm: StaticString =
        "widths and counts with commas between, as in 1m*120,1h*72,1d*400,total: at most 8, each of 1 to 10000 buckets"

    /// `1m*120,1h*72,1d*400,total`; whether all time is kept as well.
    private static func read(windows text: Span<UInt8>, into windows: inout [CounterWindow]) throws(Problem) -> Bool {
        var hasTotal = false
        var start = 0
        while start <= text.count {
            let end = text.firstIndex(of: UInt8(ascii: ","), from: start) ?? text.count
            let part = text.extracting(start..<end)
            start = end + 1
            if part.equals("total") {
                if hasTotal { throw .bad(.windows, "total given twice") }
                hasTotal = true
                continue
            }
            guard let window = window(part) else { throw .bad(.windows, windowForm) }
            if windows.contains(where: { $0.unit == window.unit && $0.width == window.width }) {
                throw .bad(.windows, "two windows of one width")
            }
            windows.append(window)
        }
        guard windows.count <= Limits.counterWindows else { throw .bad(.windows, windowForm) }
        return hasTotal
    }

    private static func window(_ text: Span<UInt8>) -> CounterWindow? {
        guard let star = text.firstIndex(of: UInt8(ascii: "*")), star >= 2,
            let count = text.extracting(star + 1..<text.count).decimalValue(),
            (1...Int64(Limits.counterBuckets)).contains(count),
            let width = text.extracting(0..<star - 1).decimalValue(), (1...100_000).contains(width)
        else { return nil }
        let seconds: Int64
        switch text[star - 1] {
        case UInt8(ascii: "s"): seconds = width
        case UInt8(ascii: "m"): seconds = width * 60
        case UInt8(ascii: "h"): seconds = width * 3600
        case UInt8(ascii: "d"): return CounterWindow(unit: .days, width: UInt32(width), count: UInt32(count))
        case UInt8(ascii: "w"): return CounterWindow(unit: .weeks, width: UInt32(width), count: UInt32(count))
        default: return nil
        }
        return CounterWindow(unit: .seconds, width: UInt32(seconds), count: UInt32(count))
    }

    /// Appends a width in its largest unit: `90m`, `1d`.
    static func append(width window: CounterWindow, to out: inout IOBuffer) {
        var (number, unit) = (Int64(window.width), UInt8(ascii: "s"))
        switch window.unit {
        case .days: unit = UInt8(ascii: "d")
        case .weeks: unit = UInt8(ascii: "w")
        case .seconds where number % 3600 == 0: (number, unit) = (number / 3600, UInt8(ascii: "h"))
        case .seconds where number % 60 == 0: (number, unit) = (number / 60, UInt8(ascii: "m"))
        case .seconds: break
        }
        out.append(decimal: number)
        out.append(unit)
    }

    /// Appends windows as they are written in the parameter.
    static func append(windows settings: CounterSettings, to out: inout IOBuffer) {
        var isFirst = true
        for window in settings.windows {
            if !isFirst { out.append(0x2C) }
            isFirst = false
            append(width: window, to: &out)
            out.append(0x2A)
            out.append(decimal: Int64(window.count))
        }
        if settings.keepsTotal { out.append(isFirst ? "total" : ",total") }
    }

    // MARK: JSON

    static func append(
        _ settings: CounterSettings, quoted: Bool, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.beginObject(into: &out)
        member("min", settings.minimum, quoted, &json, &out)
        member("max", settings.maximum, quoted, &json, &out)
        json.member("overflow", string: settings.overflow.name, into: &out)
        var windows = IOBuffer()
        append(windows: settings, to: &windows)
        json.member("windows", string: windows.readable, into: &out)
        if settings.zone.isEmpty {
            json.member("tz", string: "UTC", into: &out)
        } else {
            json.member("tz", string: settings.zone.span, into: &out)
        }
        json.endObject(into: &out)
    }

    private static func member(
        _ name: StaticString, _ value: Int64?, _ quoted: Bool, _ json: inout JSONWriter, _ out: inout IOBuffer
    ) {
        if let value {
            json.member(name, integer: value, quoted: quoted, into: &out)
        } else {
            json.memberNull(name, into: &out)
        }
    }
}

extension CounterOverflow {
    var name: StaticString {
        switch self {
        case .reject: "reject"
        case .saturate: "saturate"
        case .wrap: "wrap"
        }
    }
}
