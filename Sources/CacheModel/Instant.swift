/// A moment: milliseconds since 1970-01-01T00:00:00Z. Always an argument, never read from a clock in here.
public struct Instant: Sendable, Comparable, Hashable, BitwiseCopyable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Later than every moment: "never".
    public static let never = Instant(milliseconds: .max)

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }

    /// This moment moved by `milliseconds`; saturates instead of trapping, so `never` stays never.
    public func advanced(byMilliseconds delta: Int64) -> Instant {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        return Instant(milliseconds: overflow ? (delta > 0 ? .max : .min) : sum)
    }

    /// Milliseconds from `earlier` to this moment.
    public func since(_ earlier: Instant) -> Int64 { milliseconds &- earlier.milliseconds }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000 }
}
