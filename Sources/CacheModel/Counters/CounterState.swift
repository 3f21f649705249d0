import Bytes

/// A counter as it is stored.
///
/// ```
///  0  value                                                              8
///  8  overflow : 2 │ has min │ max │ windows │ uniques │ items │ total   1     lowest bit first
///     [min] [max]                                                        8 each
///     [windows]  length of the zone's name 1, the name
///                number of windows                                       1
///                each: unit 1, width 4, count 4, room 4, used 4, newest 8
///                each: its ring, room times                              8
/// ```
/// A plain counter is nine bytes. A ring has room for as many buckets as were used, in powers of two, up to its count;
/// bucket *n* stands at *n* modulo room, and those from newest − used + 1 to newest mean something. Numbers are little
/// endian. The form is part of logs and snapshots.
public struct CounterState: ~Escapable {
    public let bytes: Span<UInt8>
    public let flags: Flags
    /// Where descriptors of windows start, and how many there are.
    private let descriptors: Int
    public let windowCount: Int

    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let minimum = Flags(rawValue: 4)
        public static let maximum = Flags(rawValue: 8)
        public static let windows = Flags(rawValue: 16)
        public static let uniques = Flags(rawValue: 32)
        public static let items = Flags(rawValue: 64)
        public static let total = Flags(rawValue: 128)
    }

    public static let flagsOffset = 8
    private static let descriptorBytes = 25

    /// Nil for bytes that are no counter: what a damaged file may hold.
    @_lifetime(copy bytes)
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= 9 else { return nil }
        let flags = Flags(rawValue: bytes[Self.flagsOffset])
        let head = Self.headCount(flags)
        guard flags.contains(.windows) else {
            guard bytes.count == head else { return nil }
            self.init(bytes, flags, descriptors: head, windows: 0)
            return
        }
        guard head < bytes.count else { return nil }
        let place = head + 1 + Int(bytes[head])
        guard place < bytes.count, Self.isWhole(bytes, from: place + 1, windows: Int(bytes[place])) else { return nil }
        self.init(bytes, flags, descriptors: place + 1, windows: Int(bytes[place]))
    }

    @_lifetime(copy bytes)
    private init(_ bytes: Span<UInt8>, _ flags: Flags, descriptors: Int, windows: Int) {
        self.bytes = bytes
        self.flags = flags
        self.descriptors = descriptors
        windowCount = windows
    }

    /// Bytes before the windows.
    private static func headCount(_ flags: Flags) -> Int {
        9 + (flags.contains(.minimum) ? 8 : 0) + (flags.contains(.maximum) ? 8 : 0)
    }

    /// Whether descriptors and rings are all there and make sense.
    private static func isWhole(_ bytes: Span<UInt8>, from start: Int, windows: Int) -> Bool {
        var end = start + windows * descriptorBytes
        guard end <= bytes.count else { return false }
        for index in 0..<windows {
            let at = start + index * descriptorBytes
            let count = Int(bytes.loadLittleEndian(UInt32.self, at: at + 5))
            let room = Int(bytes.loadLittleEndian(UInt32.self, at: at + 9))
            let used = Int(bytes.loadLittleEndian(UInt32.self, at: at + 13))
            guard CounterWindow.Unit(rawValue: bytes[at]) != nil, bytes.loadLittleEndian(UInt32.self, at: at + 1) > 0,
                room > 0, used <= room, room <= count
            else { return false }
            end += room * 8
        }
        return bytes.count == end
    }

    public var value: Int64 { bytes.loadLittleEndian(Int64.self, at: 0) }
    public var overflow: CounterOverflow { CounterOverflow(rawValue: flags.rawValue & 3) ?? .reject }
    public var minimum: Int64? { flags.contains(.minimum) ? bytes.loadLittleEndian(Int64.self, at: 9) : nil }
    public var maximum: Int64? {
        flags.contains(.maximum)
            ? bytes.loadLittleEndian(Int64.self, at: flags.contains(.minimum) ? 17 : 9) : nil
    }

    /// The zone's name, empty for UTC.
    public var zoneName: Span<UInt8> {
        @_lifetime(copy self)
        get {
            let head = Self.headCount(flags)
            guard flags.contains(.windows) else { return bytes.extracting(0..<0) }
            return bytes.extracting(head + 1..<head + 1 + Int(bytes[head]))
        }
    }

    public var settings: CounterSettings {
        var settings = CounterSettings()
        settings.minimum = minimum
        settings.maximum = maximum
        settings.overflow = overflow
        settings.keepsTotal = flags.contains(.total)
        for index in 0..<windowCount { settings.windows.append(ring(index).window) }
        let name = zoneName
        for index in name.indices { settings.zone.append(name[index]) }
        return settings
    }

    // MARK: Rings

    /// One window's ring: where it lies and what of it means something.
    public struct Ring: Sendable {
        public var window: CounterWindow
        public var room: Int
        public var used: Int
        public var newest: Int64
        /// Where its used count and newest number stand in the state, and where its first bucket does.
        public var markOffset: Int
        public var offset: Int

        public func offset(of bucket: Int64) -> Int {
            let rest = Int(bucket % Int64(room))
            return offset + (rest < 0 ? rest + room : rest) * 8
        }

        public func holds(_ bucket: Int64) -> Bool { bucket <= newest && bucket > newest - Int64(used) }
    }

    public func ring(_ index: Int) -> Ring {
        var offset = descriptors + windowCount * Self.descriptorBytes
        for other in 0..<index {
            let at = descriptors + other * Self.descriptorBytes
            offset += Int(bytes.loadLittleEndian(UInt32.self, at: at + 9)) * 8
        }
        let at = descriptors + index * Self.descriptorBytes
        let window = CounterWindow(
            unit: CounterWindow.Unit(rawValue: bytes[at]) ?? .seconds,
            width: bytes.loadLittleEndian(UInt32.self, at: at + 1),
            count: bytes.loadLittleEndian(UInt32.self, at: at + 5))
        return Ring(
            window: window, room: Int(bytes.loadLittleEndian(UInt32.self, at: at + 9)),
            used: Int(bytes.loadLittleEndian(UInt32.self, at: at + 13)),
            newest: bytes.loadLittleEndian(Int64.self, at: at + 17), markOffset: at + 13, offset: offset)
    }

    /// The ring of a window; nil where the counter has none like it.
    public func ring(of window: CounterWindow) -> Ring? {
        for index in 0..<windowCount {
            let ring = ring(index)
            if ring.window == window { return ring }
        }
        return nil
    }

    /// What a bucket counted; 0 for one that nothing fell into.
    public func count(in ring: Ring, _ bucket: Int64) -> Int64 {
        ring.holds(bucket) ? bytes.loadLittleEndian(Int64.self, at: ring.offset(of: bucket)) : 0
    }

    /// The sum over buckets, stopping at the ends of int64.
    public func sum(in ring: Ring, from first: Int64, through last: Int64) -> Int64 {
        guard ring.used > 0 else { return 0 }
        var sum: Int64 = 0
        var bucket = max(first, ring.newest - Int64(ring.used) + 1)
        let end = min(last, ring.newest)
        while bucket <= end {
            sum = sum.addingSaturating(count(in: ring, bucket))
            bucket += 1
        }
        return sum
    }

    // MARK: Writing

    /// Appends a whole counter. `rooms` says how much room each window's ring gets, empty rings; nil for the least.
    public static func append(
        value: Int64, _ settings: CounterSettings, flags extra: Flags, rooms: [Int]? = nil, to out: inout IOBuffer
    ) {
        var flags = extra.intersection([.uniques, .items])
        if settings.minimum != nil { flags.insert(.minimum) }
        if settings.maximum != nil { flags.insert(.maximum) }
        if !settings.windows.isEmpty { flags.insert(.windows) }
        if settings.keepsTotal { flags.insert(.total) }
        out.append(littleEndian: value)
        out.append(flags.rawValue | settings.overflow.rawValue)
        if let minimum = settings.minimum { out.append(littleEndian: minimum) }
        if let maximum = settings.maximum { out.append(littleEndian: maximum) }
        guard !settings.windows.isEmpty else { return }
        out.append(UInt8(settings.zone.count))
        out.append(settings.zone)
        out.append(UInt8(settings.windows.count))
        var total = 0
        for index in settings.windows.indices {
            let window = settings.windows[index]
            let room = rooms?[index] ?? 1
            out.append(window.unit.rawValue)
            out.append(littleEndian: window.width)
            out.append(littleEndian: window.count)
            out.append(littleEndian: UInt32(room))
            out.append(littleEndian: UInt32(0))
            out.append(littleEndian: Int64(0))
            total += room
        }
        out.append(repeating: 0, count: total * 8)
    }
}

extension Int64 {
    /// The sum, or the end of the range it would pass.
    public func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
