import Bytes
import CacheModel

/// The rows a topic store holds.
///
/// ```
/// name                       row
/// 0 │ topic                  count 8 │ age 8 │ bytes 8 │ lost through 8          a declared topic
/// 1 │ number 8, high first   previous 8 │ event                                  what its history holds
/// 2 │ topic                  previous 8 │ event                                  a last value
/// 3 │ digest 16              number 8 │ receivers 8 │ until 8                    an answer to `dedup`
/// 4 │                        number 8                                            no number above it was given out
/// ```
/// `previous` is the number of the topic's event before: when the first event that is held has one, everything up to
/// there is lost. So a history tells its own loss, whatever became of older rows.
package enum TopicRow {
    case declared([UInt8], HistorySettings, lostThrough: UInt64)
    case event(Event, previous: UInt64)
    case lastValue(Event, previous: UInt64)
    case answer(DedupKey, number: UInt64, receivers: Int, until: Instant)
    case reserved(through: UInt64)

    static func name(ofTopic topic: TopicName) -> [UInt8] { [0] + topic.bytes }
    static func name(ofEvent number: UInt64) -> [UInt8] { [1] + bigEndian(number) }
    static func name(ofLastValueOf topic: TopicName) -> [UInt8] { [2] + topic.bytes }
    static func name(ofAnswerTo key: DedupKey) -> [UInt8] { [3] + bigEndian(key.high) + bigEndian(key.low) }
    static let nameOfReserved: [UInt8] = [4]

    private static func bigEndian(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - $0 * 8)) }
    }

    var name: [UInt8] {
        switch self {
        case .declared(let topic, _, _): [0] + topic
        case .event(let event, _): Self.name(ofEvent: event.number)
        case .lastValue(let event, _): Self.name(ofLastValueOf: event.topic)
        case .answer(let key, _, _, _): Self.name(ofAnswerTo: key)
        case .reserved: Self.nameOfReserved
        }
    }

    func encode(into out: inout IOBuffer) {
        switch self {
        case .declared(_, let settings, let lostThrough):
            out.append(littleEndian: UInt64(settings.count))
            out.append(littleEndian: settings.age)
            out.append(littleEndian: UInt64(settings.bytes))
            out.append(littleEndian: lostThrough)
        case .event(let event, let previous), .lastValue(let event, let previous):
            out.append(littleEndian: previous)
            event.encode(into: &out)
        case .answer(_, let number, let receivers, let until):
            out.append(littleEndian: number)
            out.append(littleEndian: Int64(receivers))
            out.append(littleEndian: until.milliseconds)
        case .reserved(let through): out.append(littleEndian: through)
        }
    }

    /// Nil for what is no such row.
    /// - Parameter epoch: which run of the order the event belongs to from now on.
    package init?(_ name: Span<UInt8>, _ row: Span<UInt8>, epoch: UInt64) {
        guard name.count > 0 else { return nil }
        let rest = name.extracting(1..<name.count)
        switch (name[0], row.count) {
        case (0, 32) where !rest.isEmpty:
            var settings = HistorySettings()
            guard let count = Int(exactly: row.loadLittleEndian(UInt64.self, at: 0)),
                let bytes = Int(exactly: row.loadLittleEndian(UInt64.self, at: 16))
            else { return nil }
            settings.count = count
            settings.age = row.loadLittleEndian(Int64.self, at: 8)
            settings.bytes = bytes
            self = .declared(
                rest.copied(), settings, lostThrough: row.loadLittleEndian(UInt64.self, at: 24))
        case (1, 8...), (2, 8...):
            guard let event = Event(row.extracting(8..<row.count), epoch: epoch) else { return nil }
            let previous = row.loadLittleEndian(UInt64.self, at: 0)
            self = name[0] == 1 ? .event(event, previous: previous) : .lastValue(event, previous: previous)
        case (3, 24) where rest.count == 16:
            let key = DedupKey(
                high: rest.loadLittleEndian(UInt64.self, at: 0).byteSwapped,
                low: rest.loadLittleEndian(UInt64.self, at: 8).byteSwapped)
            self = .answer(
                key, number: row.loadLittleEndian(UInt64.self, at: 0),
                receivers: Int(row.loadLittleEndian(Int64.self, at: 8)),
                until: Instant(milliseconds: row.loadLittleEndian(Int64.self, at: 16)))
        case (4, 8): self = .reserved(through: row.loadLittleEndian(UInt64.self, at: 0))
        default: return nil
        }
    }
}
