/// What a record says: a change of an entry, or something about the log itself. A number is never given to
/// another meaning; numbers from 240 on are control records, which take no place of their own in the order.
package struct RecordKind: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let put = RecordKind(rawValue: 1)
    package static let extend = RecordKind(rawValue: 2)
    package static let truncate = RecordKind(rawValue: 3)
    package static let lifetime = RecordKind(rawValue: 4)
    package static let delete = RecordKind(rawValue: 5)
    package static let patch = RecordKind(rawValue: 6)

    /// The position up to which the log is known to be synced.
    package static let mark = RecordKind(rawValue: 240)
    /// The digest of the data set at the record's position.
    package static let digest = RecordKind(rawValue: 241)
    /// The wall clock stepped by more than a second.
    package static let clockStep = RecordKind(rawValue: 242)

    /// Whether the record has the position of the one before it instead of one of its own.
    package var isControl: Bool { rawValue >= 240 }
}
