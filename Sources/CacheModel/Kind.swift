/// What sort of thing an entry is. Each kind is a name space of its own: a key and a counter of one name are unrelated.
///
/// The number is written into logs and snapshots: it is never given to anything else.
package struct Kind: Sendable, Hashable {
    package let number: UInt8

    package init(number: UInt8) { self.number = number }

    /// Nil for a number that this version does not know.
    package init?(known number: UInt8) {
        guard number < Self.count else { return nil }
        self.number = number
    }

    package static let keys = Kind(number: 0)
    package static let sessions = Kind(number: 1)
    package static let counters = Kind(number: 2)
    package static let limits = Kind(number: 3)
    package static let boards = Kind(number: 4)
    package static let topics = Kind(number: 5)

    /// One more than the highest number in use.
    package static let count = 6
}
