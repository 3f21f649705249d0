/// The zone a board's days begin in: how far its clocks are ahead of UTC, and since when.
package struct BoardZone: Sendable, Equatable {
    /// One change of the clocks.
    package struct Transition: Sendable, Equatable {
        /// Seconds since 1970 from which on it holds.
        package var from: Int64
        /// Seconds ahead of UTC, within a day.
        package var offset: Int32

        package init(from: Int64, offset: Int32) {
            self.from = from
            self.offset = offset
        }
    }

    /// The name it was asked for by.
    package var name: [UInt8]
    /// Seconds ahead of UTC before the first transition.
    package var firstOffset: Int32
    /// Rising.
    package var transitions: [Transition]

    package init(name: [UInt8], firstOffset: Int32, transitions: [Transition]) {
        self.name = name
        self.firstOffset = firstOffset
        self.transitions = transitions
    }

    package static let utc = BoardZone(name: Array("UTC".utf8), firstOffset: 0, transitions: [])

    /// A zone of the zone database as it is known now.
    package init(_ zone: Zone) {
        name = zone.name
        firstOffset = zone.offsetBeforeAll
        transitions = zone.changes.map { Transition(from: $0.at, offset: $0.offset) }
    }

    /// One zone has one name; what is known of its future may differ from time to time.
    package static func == (left: BoardZone, right: BoardZone) -> Bool { left.name == right.name }

    /// Seconds ahead of UTC at a moment.
    package func offset(at instant: Instant) -> Int64 {
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
