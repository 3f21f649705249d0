import Bytes
import CacheModel
import HTTP1
import JSON

/// Series, uniques and frequent items of a counter.
extension Desk {
    // MARK: Series

    mutating func readSeries(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .from, .to, .step, .zone, .aggregate, .fill, .int),
            "unknown; a series takes from, to, step, tz, agg, fill, int and key64")
        let offers: InlineArray<2, MediaOffer> = [.json, .csv]
        guard let form = best(of: offers, request) else {
            throw Problem(.notAcceptable, "the answer can be application/json or text/csv")
        }
        let quoted = try parameters.quotesIntegers()
        let aggregate = try Self.aggregate(parameters)
        let fill = try parameters.integer(.fill)
        try execute(name, .read, nil, turn)
        guard let settings = CounterState(reply.value.readable)?.settings else { throw .unavailable }
        let step = try Self.step(parameters, settings)
        let zone = try seriesZone(parameters, settings)
        let series = CounterSeries(step: step, zone: zone, aggregate: aggregate)
        let steps = try Self.steps(series, settings, parameters, at: turn.now)
        guard let state = CounterState(reply.value.readable),
            let ring = series.ring(
                in: state, settings, from: steps.lowerBound, through: steps.upperBound, now: turn.now)
        else {
            throw Problem(
                .windowNotKept, "step is a multiple of a kept width, and from lies within what that window keeps")
        }
        var out = IOBuffer()
        let writer = SeriesWriter(isCSV: form == 1, quoted: quoted, fill: fill)
        writer.begin(series, into: &out)
        var isFirst = true
        for bucket in steps {
            guard let state = CounterState(reply.value.readable) else { break }
            writer.append(series.point(bucket, of: ring, state), isFirst: &isFirst, into: &out)
        }
        writer.end(into: &out)
        response.begin(200)
        response.fields(form == 1 ? Surface.csv : Surface.json)
        writeTag(EntryTag(reply.entry.position), response: &response)
        response.finish(length: out.count)
        response.body(out.readable)
    }

    private static func aggregate(_ parameters: borrowing Parameters) throws(Problem) -> CounterSeries.Aggregate {
        guard let text = parameters[.aggregate] else { return .sum }
        if text.equals("sum") { return .sum }
        if text.equals("max") { return .max }
        if text.equals("last") { return .last }
        throw .bad(.aggregate, "sum, max or last")
    }

    /// The step: a number of days or weeks follows the zone. The finest window's width where it is not given.
    private static func step(
        _ parameters: borrowing Parameters, _ settings: CounterSettings
    ) throws(Problem) -> CounterWindow {
        guard let text = parameters[.step] else {
            guard let finest = settings.windows.min(by: { $0.milliseconds < $1.milliseconds }) else {
                throw Problem(.windowNotKept, "the counter keeps no windows")
            }
            return finest
        }
        let milliseconds = try Parameters.duration(text, .step, allowingJitter: false).milliseconds
        guard milliseconds % 1000 == 0 else { throw .bad(.step, "whole seconds") }
        switch text[text.count - 1] {
        case UInt8(ascii: "d"):
            return CounterWindow(unit: .days, width: UInt32(milliseconds / 86_400_000), count: 1)
        case UInt8(ascii: "w"):
            return CounterWindow(unit: .weeks, width: UInt32(milliseconds / 604_800_000), count: 1)
        default: return CounterWindow(unit: .seconds, width: UInt32(milliseconds / 1000), count: 1)
        }
    }

    private mutating func seriesZone(
        _ parameters: borrowing Parameters, _ settings: CounterSettings
    ) throws(Problem) -> Zone {
        var name = settings.zone
        if let text = parameters[.zone] { name = CounterSettingsText.zoneName(text) }
        guard takeZone(name), let zone = zones.find(name) else { throw Self.unknownZone }
        return zone
    }

    /// The steps asked for: up to now where `to` is not given, as far back as the widest window where `from` is not.
    private static func steps(
        _ series: CounterSeries, _ settings: CounterSettings, _ parameters: borrowing Parameters, at now: Instant
    ) throws(Problem) -> ClosedRange<Int64> {
        let to = try parameters.instant(.to) ?? now.advanced(byMilliseconds: 1)
        let last = series.step.bucket(at: to.advanced(byMilliseconds: -1), series.zone)
        var first: Int64
        if let from = try parameters.instant(.from) {
            guard from < to else { throw .bad(.from, "not before to") }
            first = series.step.bucket(at: from, series.zone)
        } else {
            let windows = settings.windows.filter { series.step.milliseconds % $0.milliseconds == 0 }
            guard let widest = windows.max(by: { $0.reach < $1.reach }) else {
                throw Problem(.windowNotKept, "step is a multiple of a kept width")
            }
            // The step that the oldest bucket falls into may not be whole: the one after it is.
            let now = series.step.bucket(at: now, series.zone)
            first = max(last - Int64(CounterSeries.most) + 1, now - widest.reach / series.step.milliseconds + 1)
            first = min(first, last)
        }
        guard last - first < CounterSeries.most else { throw .bad(.from, "at most 10000 points") }
        return first...last
    }

    // MARK: Uniques and items

    mutating func readUniques(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .window), "unknown; uniques take window and key64")
        let form = try controlForm(request)
        let window = try parameters.duration(.window)?.milliseconds
        try execute(name, .uniques(window), nil, turn)
        scratch.removeAll()
        switch form {
        case .text: scratch.append(decimal: reply.counters.estimate)
        case .json:
            var json = JSONWriter()
            json.beginObject(into: &scratch)
            json.member("estimate", integer: reply.counters.estimate, into: &scratch)
            // Of 2^14 registers: 1.04 / 128.
            json.name("stderr", into: &scratch)
            json.separate(into: &scratch)
            scratch.append("0.0081")
            if let window = reply.counters.window {
                json.member("resolution_ms", integer: window.milliseconds, into: &scratch)
            }
            json.endObject(into: &scratch)
        }
        scratch.append("\n")
        answerControl(form, tag: nil, response: &response)
    }

    private func appendResolution(json: inout JSONWriter, into out: inout IOBuffer) {
        if let window = reply.counters.window {
            json.member("resolution_ms", integer: window.milliseconds, into: &out)
        }
    }

    mutating func readTop(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .window, .k, .int), "unknown; top takes window, k, int and key64")
        guard try controlForm(request) == .json else {
            throw Problem(.notAcceptable, "the answer is application/json")
        }
        let quoted = try parameters.quotesIntegers()
        let window = try parameters.duration(.window)?.milliseconds
        let most = try parameters.number(.k, in: 1...1000, "a whole number from 1 to 1000") ?? 10
        try execute(name, .top(window, most: Int(most)), nil, turn)
        var out = IOBuffer()
        var json = JSONWriter()
        json.beginObject(into: &out)
        json.name("items", into: &out)
        json.beginArray(into: &out)
        for found in reply.counters.items {
            json.beginObject(into: &out)
            json.member(
                "item", orBase64: "item64", bytes: reply.bytes.readable.extracting(found.item), into: &out)
            json.member("count", integer: found.count, quoted: quoted, into: &out)
            json.member("error", integer: found.error, quoted: quoted, into: &out)
            json.endObject(into: &out)
        }
        json.endArray(into: &out)
        appendResolution(json: &json, into: &out)
        json.endObject(into: &out)
        out.append("\n")
        scratch.removeAll()
        swap(&out, &scratch)
        answerControl(.json, tag: nil, response: &response)
    }
}

extension CounterWindow {
    /// How far back the ring goes, in milliseconds.
    fileprivate var reach: Int64 { Int64(count) * milliseconds }
}

/// Writes points as JSON or as CSV.
private struct SeriesWriter {
    let isCSV: Bool
    let quoted: Bool
    let fill: Int64?

    func begin(_ series: CounterSeries, into out: inout IOBuffer) {
        guard !isCSV else { return out.append("start,value\r\n") }
        out.append("{\"step\":\"")
        CounterSettingsText.append(width: series.step, to: &out)
        out.append("\",\"tz\":\"")
        out.append(series.zone.name)
        out.append("\",\"points\":[")
    }

    func append(_ point: CounterSeries.Point, isFirst: inout Bool, into out: inout IOBuffer) {
        guard let value = point.value ?? fill else { return }
        if isCSV {
            RFC3339.append(seconds: point.start.seconds, offset: point.offset, into: &out)
            out.append(0x2C)
            out.append(decimal: value)
            return out.append("\r\n")
        }
        if !isFirst { out.append(0x2C) }
        isFirst = false
        out.append("{\"start\":\"")
        RFC3339.append(seconds: point.start.seconds, offset: point.offset, into: &out)
        out.append("\",\"value\":")
        if quoted { out.append(0x22) }
        out.append(decimal: value)
        if quoted { out.append(0x22) }
        out.append("}")
    }

    func end(into out: inout IOBuffer) {
        if !isCSV { out.append("]}\n") }
    }
}
