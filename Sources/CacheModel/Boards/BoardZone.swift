/// The zone a board's days begin in: how far its clocks are ahead of UTC, and since when.
public struct BoardZone: Sendable, Equatable {
    /// One change of the clocks.
    public struct Transition: Sendable, Equatable {
        /// Seconds since 1970 from which on it holds.
        public var from: Int64
        /// Seconds ahead of UTC, within a day.
        public var offset: Int32

        public init(from: Int64, offset: Int32) {
            self.from = from
            self.offset = offset
        }
    }

    /// The name it was asked for by.
    public var name: [UInt8]
    /// Seconds ahead of UTC before the first transition.
    public var firstOffset: Int32
    /// Rising.
    public var transitions: [Transition]

    public init(name: [UInt8], firstOffset: Int32, transitions: [Transition]) {
        self.name = name
        self.firstOffset = firstOffset
        self.transitions = transitions
    }

    public static let utc = BoardZone(name: Array("UTC".utf8), firstOffset: 0, transitions: [])

    /// A zone of the zone database as it is known now.
    public init(_ zone: Zone) {
        name = zone.name
        firstOffset = zone.offsetBeforeAll
        transitions = zone.changes.map { Transition(from: $0.at, offset: $0.offset) }
    }

    /// One zone has one name; what is known of its future may differ from time to time.
    public static func == (left: BoardZone, right: BoardZone) -> Bool { left.name == right.name }

    /// Seconds ahead of UTC at a moment.
    public func offset(at instant: Instant) -> Int64 {
        let seconds = instant.seconds
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].from <= seconds { low = middle + 1 } else { high = middle }
        }
        return Int64(low == 0 ? firstOffset : transitions[low - 1].offset)
    }
}
