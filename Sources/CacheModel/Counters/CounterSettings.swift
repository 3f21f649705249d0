/// What a write does that would take a counter past a bound.
public enum CounterOverflow: UInt8, Sendable, CaseIterable {
    /// It is refused and changes nothing.
    case reject
    /// It stops at the bound.
    case saturate
    /// It goes on from the other bound.
    case wrap
}

/// A ring of buckets: how wide each is, and how many are kept.
public struct CounterWindow: Sendable, Hashable {
    public enum Unit: UInt8, Sendable, CaseIterable {
        /// Counted from 1970 in UTC.
        case seconds
        /// Civil days of the counter's zone, counted from 1970-01-01.
        case days
        /// Civil weeks, which begin on Monday.
        case weeks

        public var milliseconds: Int64 {
            switch self {
            case .seconds: 1000
            case .days: 86_400_000
            case .weeks: 7 * 86_400_000
            }
        }
    }

    public var unit: Unit
    /// 1 or more units.
    public var width: UInt32
    /// 1…``Limits/counterBuckets``.
    public var count: UInt32

    public init(unit: Unit, width: UInt32, count: UInt32) {
        self.unit = unit
        self.width = width
        self.count = count
    }

    /// What a bucket lasts in milliseconds, but for days on which clocks change.
    public var milliseconds: Int64 { Int64(width) * unit.milliseconds }

    /// The number of the bucket a moment falls into.
    public func bucket(at instant: Instant, _ zone: Zone) -> Int64 {
        switch unit {
        case .seconds: Zone.floor(instant.milliseconds, milliseconds)
        case .days: Zone.floor(zone.day(at: instant), Int64(width))
        // The first Monday before 1970 was three days earlier.
        case .weeks: Zone.floor(zone.day(at: instant) + 3, 7 * Int64(width))
        }
    }

    /// When a bucket begins.
    public func start(of bucket: Int64, _ zone: Zone) -> Instant {
        switch unit {
        case .seconds: Instant(milliseconds: bucket * milliseconds)
        case .days: zone.start(ofDay: bucket * Int64(width))
        case .weeks: zone.start(ofDay: bucket * 7 * Int64(width) - 3)
        }
    }

    /// How many buckets reach over so many milliseconds, the one under way included.
    public func buckets(over milliseconds: Int64) -> Int64 {
        (milliseconds + self.milliseconds - 1) / self.milliseconds
    }
}

/// What is fixed about a counter.
public struct CounterSettings: Sendable, Equatable {
    public var minimum: Int64?
    public var maximum: Int64?
    public var overflow = CounterOverflow.reject
    public var windows: [CounterWindow] = []
    /// Whether uniques and items are also kept over all time.
    public var keepsTotal = true
    /// The zone's name; empty for UTC.
    public var zone: [UInt8] = []

    public init() {}

    public var lowest: Int64 { minimum ?? .min }
    public var highest: Int64 { maximum ?? .max }

    /// The finest window whose ring reaches over so many milliseconds.
    public func window(over milliseconds: Int64) -> CounterWindow? {
        windows.filter { $0.buckets(over: milliseconds) <= Int64($0.count) }
            .min { $0.milliseconds < $1.milliseconds }
    }
}

/// Settings as a call gives them: nil is not given. They are those of a counter that is created, and must agree with
/// those of one that is there.
public struct CounterWish: Sendable, Equatable {
    public var minimum: Int64?
    public var maximum: Int64?
    public var overflow: CounterOverflow?
    public var windows: [CounterWindow]?
    public var keepsTotal = true
    public var zone: [UInt8]?

    public init() {}

    public var settings: CounterSettings {
        var settings = CounterSettings()
        settings.minimum = minimum
        settings.maximum = maximum
        settings.overflow = overflow ?? .reject
        settings.windows = windows ?? []
        settings.keepsTotal = keepsTotal
        settings.zone = zone ?? []
        return settings
    }

    public func agrees(with settings: CounterSettings) -> Bool {
        if let minimum, minimum != settings.minimum { return false }
        if let maximum, maximum != settings.maximum { return false }
        if let overflow, overflow != settings.overflow { return false }
        if let windows, windows != settings.windows || keepsTotal != settings.keepsTotal { return false }
        if let zone, zone != settings.zone { return false }
        return true
    }
}
