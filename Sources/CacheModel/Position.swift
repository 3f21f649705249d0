/// A place in the one ordered log: the epoch (raised by every change of leadership) and the record's number.
///
/// Packed in eight bytes, 16 bits of epoch above 48 of number, because every entry carries one: at a million records a
/// second 48 bits last nine years in one epoch.
public struct Position: Sendable, Comparable, Hashable {
    public let packed: UInt64

    public init(packed: UInt64) { self.packed = packed }

    /// - Parameters: epoch 0…65535, number 0…2^48−1; anything larger traps.
    public init(epoch: UInt64, number: UInt64) {
        precondition(epoch < 1 << 16 && number < 1 << 48, "position out of range")
        packed = epoch << 48 | number
    }

    /// Nil when either part is out of range: for positions read from a client's entity tag.
    public init?(checkingEpoch epoch: UInt64, number: UInt64) {
        guard epoch < 1 << 16, number < 1 << 48 else { return nil }
        packed = epoch << 48 | number
    }

    public static let none = Position(packed: 0)

    public var epoch: UInt64 { packed >> 48 }
    public var number: UInt64 { packed & (1 << 48 - 1) }

    public static func < (left: Position, right: Position) -> Bool { left.packed < right.packed }
}
