import Bytes
import CacheModel
import HTTP1
import JSON

/// Reads a board's settings from JSON. Of several things that are wrong the first one is told, by its member's name.
struct BoardSettingsReader {
    private var settings = BoardSettings()
    private var refusal: (member: Member, problem: StaticString)?

    private enum Member: CaseIterable {
        case columns, update, ties, windows, zone, weekStart, reset, mostMembers, minimum, maximum, maximumDelta
        case groups, dense, keptSeasons

        var name: StaticString {
            switch self {
            case .columns: "columns"
            case .update: "update"
            case .ties: "ties"
            case .windows: "windows"
            case .zone: "tz"
            case .weekStart: "week_start"
            case .reset: "reset"
            case .mostMembers: "max_size"
            case .minimum: "min"
            case .maximum: "max"
            case .maximumDelta: "max_delta"
            case .groups: "groups"
            case .dense: "dense"
            case .keptSeasons: "keep_seasons"
            }
        }
    }

    private let readZone: @Sendable ([UInt8]) -> Zone?

    private init(readZone: @escaping @Sendable ([UInt8]) -> Zone?) { self.readZone = readZone }

    /// - Parameters:
    ///   - readZone: looks a zone up in the zone database.
    ///   - noted: gets the pointer of the member a refusal is about.
    static func read(
        _ body: Span<UInt8>, readZone: @escaping @Sendable ([UInt8]) -> Zone?, noted: inout IOBuffer
    ) throws(Problem) -> BoardSettings {
        var reader = BoardSettingsReader(readZone: readZone)
        if body.isEmpty { return reader.settings }
        do throws(JSONError) {
            try reader.readMembers(body, noted: &noted)
        } catch {
            noted.removeAll()
            JSONPointer.append(placeOf: error.offset, in: body, into: &noted)
            noted.truncate(to: min(noted.count, 256))
            throw Problem(.badRequest, error.reason.message, .notedPointer)
        }
        if let (member, problem) = reader.refusal {
            noted.removeAll()
            noted.append("/")
            noted.append(member.name)
            throw Problem(.unprocessable, problem, .notedPointer)
        }
        if !noted.isEmpty { throw Problem(.badRequest, "a member that no leaderboard has", .notedPointer) }
        if let minimum = reader.settings.minimum, let maximum = reader.settings.maximum, minimum > maximum {
            noted.append("/min")
            throw Problem(.unprocessable, "min is not above max", .notedPointer)
        }
        return reader.settings
    }

    /// An unknown member is noted by its pointer.
    private mutating func readMembers(_ body: Span<UInt8>, noted: inout IOBuffer) throws(JSONError) {
        noted.removeAll()
        var json = JSONReader(body)
        try json.beginObject()
        while let name = try json.nextMember() {
            if let member = Self.member(named: name, in: json) {
                if try json.kind() == .null, Self.mayBeNull(member) {
                    try json.skipValue()
                } else {
                    try read(member, from: &json)
                }
            } else {
                if noted.isEmpty { JSONPointer.append(placeOf: json.tokenStart, in: body, into: &noted) }
                noted.truncate(to: min(noted.count, 256))
                if !noted.readable.isValidUTF8 { noted.removeAll() }
                try json.skipValue()
            }
        }
        try json.finish()
    }

    private static func member(named name: JSONText, in json: borrowing JSONReader) -> Member? {
        for member in Member.allCases where json.matches(name, member.name) { return member }
        return nil
    }

    /// What may be absent may be null, so that an answer can be sent back.
    private static func mayBeNull(_ member: Member) -> Bool {
        switch member {
        case .reset, .mostMembers, .minimum, .maximum, .maximumDelta: true
        default: false
        }
    }

    private mutating func refuse(_ member: Member, _ problem: StaticString) {
        if refusal == nil { refusal = (member, problem) }
    }

    // MARK: Members

    private mutating func read(_ member: Member, from json: inout JSONReader) throws(JSONError) {
        switch member {
        case .columns: try readColumns(&json)
        case .update: try readUpdate(&json)
        case .ties: try readTies(&json)
        case .windows: try readWindows(&json)
        case .zone: try readZone(&json)
        case .weekStart:
            let text = try Self.text(&json)
            guard let day = Self.weekday(text.span) else {
                return refuse(.weekStart, "one of mon, tue, wed, thu, fri, sat, sun")
            }
            settings.weekStart = UInt8(day)
        case .reset:
            let text = try Self.text(&json)
            settings.reset = Self.reset(text.span)
            if settings.reset == nil {
                refuse(.reset, "daily@HH:MM, weekly:mon@HH:MM or monthly:D@HH:MM with a day from 1 to 28")
            }
        case .mostMembers:
            settings.mostMembers = Int(try bounded(&json, member, 1...4_000_000_000, "1 to 4000000000 members"))
        case .minimum: settings.minimum = try json.integer()
        case .maximum: settings.maximum = try json.integer()
        case .maximumDelta: settings.maximumDelta = try bounded(&json, member, 0...Int64.max, "0 or more")
        case .groups: try readGroups(&json)
        case .dense: settings.isDense = try json.bool()
        case .keptSeasons: settings.keptSeasons = Int(try bounded(&json, member, 0...1000, "0 to 1000 seasons"))
        }
    }

    private mutating func bounded(
        _ json: inout JSONReader, _ member: Member, _ range: ClosedRange<Int64>, _ allowed: StaticString
    ) throws(JSONError) -> Int64 {
        let value = try json.integer()
        if !range.contains(value) { refuse(member, allowed) }
        return min(max(value, range.lowerBound), range.upperBound)
    }

    private static func text(_ json: inout JSONReader) throws(JSONError) -> [UInt8] {
        var text = IOBuffer()
        json.append(try json.string(), into: &text)
        return text.readable.copied()
    }

    private mutating func readColumns(_ json: inout JSONReader) throws(JSONError) {
        settings.columns = []
        try json.beginArray()
        while try json.nextElement() {
            let text = try json.string()
            if json.matches(text, "asc") {
                settings.columns.append(.ascending)
            } else if json.matches(text, "desc") {
                settings.columns.append(.descending)
            } else {
                refuse(.columns, "one to three of asc and desc")
            }
        }
        if !(1...BoardScores.most).contains(settings.columns.count) { refuse(.columns, "one to three of asc and desc") }
    }

    private mutating func readUpdate(_ json: inout JSONReader) throws(JSONError) {
        let text = try json.string()
        for update in BoardSettings.Update.allCases where json.matches(text, update.name) {
            settings.update = update
            return
        }
        refuse(.update, "one of best, last, sum, min, max, first")
    }

    private mutating func readTies(_ json: inout JSONReader) throws(JSONError) {
        let text = try json.string()
        for ties in BoardSettings.Ties.allCases where json.matches(text, ties.name) {
            settings.ties = ties
            return
        }
        refuse(.ties, "one of first, last, id")
    }

    private mutating func readWindows(_ json: inout JSONReader) throws(JSONError) {
        settings.windows = []
        try json.beginArray()
        while try json.nextElement() {
            let text = try Self.text(&json)
            guard let window = BoardWindow(text: text.span), !settings.windows.contains(window) else {
                refuse(.windows, "one to eight, each once, of all, day, week and rolling:Nd with N from 1 to 366")
                continue
            }
            settings.windows.append(window)
        }
        if !(1...8).contains(settings.windows.count) {
            refuse(.windows, "one to eight, each once, of all, day, week and rolling:Nd with N from 1 to 366")
        }
    }

    private mutating func readZone(_ json: inout JSONReader) throws(JSONError) {
        let text = try Self.text(&json)
        guard let zone = BoardOffset.zone(text.span) ?? readZone(text).map({ BoardZone($0) }) else {
            return refuse(.zone, "UTC, an offset from it as in +02:00, or a zone such as Europe/Berlin")
        }
        settings.zone = zone
    }

    private mutating func readGroups(_ json: inout JSONReader) throws(JSONError) {
        settings.groups = []
        try json.beginArray()
        while try json.nextElement() {
            let name = try Self.text(&json)
            let isGood = (1...64).contains(name.count) && !name.contains(UInt8(ascii: ":"))
            if !isGood || settings.groups.contains(name) || settings.groups.count == 8 {
                refuse(.groups, "at most eight names, each once, of 1 to 64 bytes without a colon")
            } else {
                settings.groups.append(name)
            }
        }
    }

    // MARK: Calendar words

    static let weekdays: [StaticString] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    private static func weekday(_ text: Span<UInt8>) -> Int? {
        for (number, name) in weekdays.enumerated() where text.equals(name) { return number }
        return nil
    }

    /// `weekly:mon@00:00`
    private static func reset(_ text: Span<UInt8>) -> BoardReset? {
        guard let sign = text.firstIndex(of: UInt8(ascii: "@"), from: 0),
            let minute = minute(text.extracting((sign + 1)..<text.count))
        else { return nil }
        let rule = text.extracting(0..<sign)
        if rule.equals("daily") { return .daily(minute: minute) }
        if rule.starts(with: "weekly:") {
            return weekday(rule.extracting(7..<rule.count)).map { .weekly(weekday: $0, minute: minute) }
        }
        guard rule.starts(with: "monthly:"), let day = rule.extracting(8..<rule.count).decimalValue(),
            (1...28).contains(day)
        else { return nil }
        return .monthly(day: Int(day), minute: minute)
    }

    /// `23:59`, in minutes.
    private static func minute(_ text: Span<UInt8>) -> Int? {
        guard text.count == 5, text[2] == UInt8(ascii: ":"), let hour = text.extracting(0..<2).decimalValue(),
            let minute = text.extracting(3..<5).decimalValue(), hour < 24, minute < 60
        else { return nil }
        return Int(hour * 60 + minute)
    }
}

/// Zones that need no database.
enum BoardOffset {
    /// `UTC`, or an offset such as `+02:00`.
    static func zone(_ name: Span<UInt8>) -> BoardZone? {
        if name.equals("UTC") { return .utc }
        guard name.count == 6, name[0] == UInt8(ascii: "+") || name[0] == UInt8(ascii: "-"),
            name[3] == UInt8(ascii: ":"), let hours = name.extracting(1..<3).decimalValue(), hours <= 14,
            let minutes = name.extracting(4..<6).decimalValue(), minutes < 60
        else { return nil }
        let offset = Int32(hours * 3600 + minutes * 60)
        return BoardZone(
            name: name.copied(), firstOffset: name[0] == UInt8(ascii: "-") ? -offset : offset, transitions: [])
    }
}
