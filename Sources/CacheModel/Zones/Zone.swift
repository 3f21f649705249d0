/// A time zone as data: from which moment on which offset from UTC holds. What reads the zone database makes these;
/// what computes with them needs neither database nor clock.
public final class Zone: Sendable {
    /// The name it is known by, such as `Europe/Berlin`.
    public let name: [UInt8]
    /// Seconds since 1970 from which `offsets` of the same index hold, rising.
    private let transitions: [Int64]
    /// Seconds east of UTC.
    private let offsets: [Int32]
    /// Before the first transition.
    private let firstOffset: Int32

    /// - Parameter transitions: in rising order; offsets are less than a day.
    public init(name: [UInt8], firstOffset: Int32, transitions: [(at: Int64, offset: Int32)]) {
        self.name = name
        self.firstOffset = firstOffset
        self.transitions = transitions.map(\.at)
        offsets = transitions.map(\.offset)
    }

    /// Seconds east of UTC before the first transition, and all transitions: for what keeps a zone as data of its own.
    public var offsetBeforeAll: Int32 { firstOffset }
    public var changes: [(at: Int64, offset: Int32)] { zip(transitions, offsets).map { (at: $0, offset: $1) } }

    public static let utc = Zone(name: Array("UTC".utf8), firstOffset: 0, transitions: [])

    func isNamed(_ other: Span<UInt8>) -> Bool {
        guard other.count == name.count else { return false }
        for index in name.indices where name[index] != other[index] { return false }
        return true
    }

    /// Seconds east of UTC at a moment.
    public func offset(at seconds: Int64) -> Int64 {
        let index = index(after: seconds)
        return Int64(index == 0 ? firstOffset : offsets[index - 1])
    }

    /// The index of the first transition later than a moment. O(log n).
    private func index(after seconds: Int64) -> Int {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The civil day of a moment, counted from 1970-01-01.
    public func day(at instant: Instant) -> Int64 {
        let seconds = instant.seconds
        return Self.floor(seconds + offset(at: seconds), 86400)
    }

    /// When a civil day begins: at its midnight, or where clocks jump over that, when they do. Days that were left out
    /// altogether begin with the next one.
    public func start(ofDay day: Int64) -> Instant {
        let local = day * 86400
        var earliest: Int64?
        for around in [local - 86400, local + 86400] {
            let candidate = local - offset(at: around)
            if candidate + offset(at: candidate) == local { earliest = min(earliest ?? candidate, candidate) }
        }
        if let earliest { return Instant(milliseconds: earliest * 1000) }
        var index = index(after: local - 2 * 86400)
        while index < transitions.count, transitions[index] + Int64(offsets[index]) < local { index += 1 }
        let seconds = index < transitions.count ? transitions[index] : local - offset(at: local)
        return Instant(milliseconds: seconds * 1000)
    }

    public static func floor(_ value: Int64, _ unit: Int64) -> Int64 {
        value >= 0 ? value / unit : (value - unit + 1) / unit
    }
}

/// The zones a caller has at hand: handed to the engine with each command that may need one.
public struct ZoneSet: Sendable {
    private var zones: [Zone] = [.utc]

    public init() {}

    public mutating func add(_ zone: Zone) { zones.append(zone) }

    public func find(_ name: [UInt8]) -> Zone? {
        if name.isEmpty { return zones[0] }
        for zone in zones where zone.name == name { return zone }
        return nil
    }

    /// Nil for one that is not among them; an empty name is UTC.
    public func find(_ name: Span<UInt8>) -> Zone? {
        if name.isEmpty { return zones[0] }
        for zone in zones where zone.isNamed(name) { return zone }
        return nil
    }
}
