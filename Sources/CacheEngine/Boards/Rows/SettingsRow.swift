import Bytes
import CacheModel

/// A board's settings as a part of its row.
enum SettingsRow {
    static func append(_ settings: BoardSettings, to value: inout IOBuffer) {
        value.append(UInt8(settings.columns.count))
        for direction in settings.columns { value.append(direction.rawValue) }
        value.append(settings.update.rawValue)
        value.append(settings.ties.rawValue)
        value.append(UInt8(settings.windows.count))
        for window in settings.windows { append(window, to: &value) }
        append(settings.zone, to: &value)
        value.append(settings.weekStart)
        append(settings.reset, to: &value)
        append(settings.mostMembers.map(Int64.init), to: &value)
        append(settings.minimum, to: &value)
        append(settings.maximum, to: &value)
        append(settings.maximumDelta, to: &value)
        value.append(UInt8(settings.groups.count))
        for group in settings.groups { value.append(counted: group.span, width: 2) }
        value.append(settings.isDense ? 1 : 0)
        value.append(word: UInt64(settings.keptSeasons), bytes: 2)
    }

    private static func append(_ window: BoardWindow, to value: inout IOBuffer) {
        switch window {
        case .all: value.append(word: 0, bytes: 3)
        case .day: value.append(word: 1, bytes: 3)
        case .week: value.append(word: 2, bytes: 3)
        case .rolling(let days): value.append(word: 3 | UInt64(days) << 8, bytes: 3)
        }
    }

    private static func append(_ zone: BoardZone, to value: inout IOBuffer) {
        value.append(counted: zone.name.span, width: 1)
        value.append(signed: Int64(zone.firstOffset))
        value.append(word: UInt64(zone.transitions.count), bytes: 2)
        for transition in zone.transitions {
            value.append(signed: transition.from)
            value.append(signed: Int64(transition.offset))
        }
    }

    private static func append(_ reset: BoardReset?, to value: inout IOBuffer) {
        switch reset {
        case nil: value.append(word: 0, bytes: 4)
        case .daily(let minute): value.append(word: 1 | UInt64(minute) << 16, bytes: 4)
        case .weekly(let weekday, let minute):
            value.append(word: 2 | UInt64(weekday) << 8 | UInt64(minute) << 16, bytes: 4)
        case .monthly(let day, let minute):
            value.append(word: 3 | UInt64(day) << 8 | UInt64(minute) << 16, bytes: 4)
        }
    }

    private static func append(_ bound: Int64?, to value: inout IOBuffer) {
        value.append(bound == nil ? 0 : 1)
        if let bound { value.append(signed: bound) }
    }

    // MARK: Reading

    /// What is damaged marks the reader; the settings are then of no use.
    static func read(from reader: inout RowReader) -> BoardSettings {
        var settings = BoardSettings()
        settings.columns = list(&reader) { BoardSettings.Direction(rawValue: UInt8($0.word(1))) }
        settings.update = BoardSettings.Update(rawValue: UInt8(reader.word(1))) ?? failed(&reader, .best)
        settings.ties = BoardSettings.Ties(rawValue: UInt8(reader.word(1))) ?? failed(&reader, .first)
        settings.windows = list(&reader) { window(from: &$0) }
        settings.zone = zone(from: &reader)
        settings.weekStart = UInt8(reader.word(1))
        settings.reset = reset(from: &reader)
        settings.mostMembers = bound(from: &reader).map { Int($0) }
        settings.minimum = bound(from: &reader)
        settings.maximum = bound(from: &reader)
        settings.maximumDelta = bound(from: &reader)
        settings.groups = list(&reader) { $0.counted(width: 2).span.copied() }
        settings.isDense = reader.word(1) == 1
        settings.keptSeasons = reader.number(2)
        let fits =
            (1...3).contains(settings.columns.count) && (1...8).contains(settings.windows.count)
            && settings.groups.count <= 8 && settings.weekStart < 7
        if !fits { reader.fail() }
        return settings
    }

    private static func failed<Value>(_ reader: inout RowReader, _ value: Value) -> Value {
        reader.fail()
        return value
    }

    private static func list<Element>(
        _ reader: inout RowReader, _ element: (inout RowReader) -> Element?
    ) -> [Element] {
        var elements: [Element] = []
        for _ in 0..<reader.number(1) {
            guard let next = element(&reader), !reader.isDamaged else { return failed(&reader, []) }
            elements.append(next)
        }
        return elements
    }

    private static func window(from reader: inout RowReader) -> BoardWindow? {
        let word = reader.number(3)
        switch word & 0xFF {
        case 0: return .all
        case 1: return .day
        case 2: return .week
        case 3: return (1...366).contains(word >> 8) ? .rolling(days: word >> 8) : nil
        default: return nil
        }
    }

    private static func zone(from reader: inout RowReader) -> BoardZone {
        let name = reader.counted(width: 1).span.copied()
        let first = Int32(clamping: reader.signed())
        var transitions: [BoardZone.Transition] = []
        for _ in 0..<reader.number(2) where !reader.isDamaged {
            let from = reader.signed()
            transitions.append(BoardZone.Transition(from: from, offset: Int32(clamping: reader.signed())))
        }
        return BoardZone(name: name, firstOffset: first, transitions: transitions)
    }

    private static func reset(from reader: inout RowReader) -> BoardReset? {
        let word = reader.number(4)
        let (day, minute) = (word >> 8 & 0xFF, word >> 16)
        if minute >= 1440 { reader.fail() }
        switch word & 0xFF {
        case 0: return nil
        case 1: return .daily(minute: minute)
        case 2 where day < 7: return .weekly(weekday: day, minute: minute)
        case 3 where (1...28).contains(day): return .monthly(day: day, minute: minute)
        default: return failed(&reader, nil)
        }
    }

    private static func bound(from reader: inout RowReader) -> Int64? {
        reader.word(1) == 1 ? reader.signed() : nil
    }
}
