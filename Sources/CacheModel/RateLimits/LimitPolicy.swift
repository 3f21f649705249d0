import Bytes

/// How a rate limit counts.
public enum LimitAlgorithm: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// A bucket of tokens that fills evenly: one instant of state (generic cell rate algorithm, ITU-T I.371).
    case gcra
    /// The window under way, and of the one before it as much as still reaches into the last `window`.
    case sliding
    /// Windows counted from 1970.
    case fixed
    /// Civil minutes, hours, days, weeks or months of a zone.
    case calendar
    /// Every grant of the last `window`, exactly.
    case log
    /// Grants held at a time, each a lease.
    case concurrency
}

/// The stretch of a calendar limit.
public enum LimitPeriod: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case minute, hour, day, week, month
}

/// What a policy allows, in numbers alone: every question copies it.
public struct LimitRule: Sendable, Equatable, BitwiseCopyable {
    public var algorithm = LimitAlgorithm.gcra
    /// 1…10^9; for `log` and `concurrency` up to 1,000.
    public var quota: Int64 = 1
    /// In milliseconds; 0 for `calendar` and `concurrency`.
    public var window: Int64 = 0
    /// How much may come at once, `gcra` only; 1…10^9.
    public var burst: Int64 = 1
    public var period = LimitPeriod.day
    /// How long a lease holds unless it is renewed, in milliseconds.
    public var lease: Int64 = 60_000
    /// Always allows, but says what it would have done.
    public var isShadow = false
    /// Denied calls consume as well.
    public var countsDenied = false

    public init() {}

    /// Nanoseconds between two units of a bucket that fills evenly, rounded up: never more than the quota.
    public var interval: Int64 {
        let nanoseconds = window.multipliedReportingOverflow(by: 1_000_000)
        return max(1, ((nanoseconds.overflow ? .max : nanoseconds.partialValue) - 1) / quota + 1)
    }

    /// The most that can ever be granted at once.
    public var capacity: Int64 { algorithm == .gcra ? burst : quota }
}

/// What a policy says.
public struct LimitSettings: Sendable, Equatable {
    public var rule = LimitRule()
    /// The zone's name; empty for UTC.
    public var zone: [UInt8] = []
    /// What is counted, for readers.
    public var unit: [UInt8] = Array("requests".utf8)

    public init() {}

    public static let mostQuota: Int64 = 1_000_000_000
    /// Grants that are kept one by one.
    public static let mostKept: Int64 = 1000
}

/// Other numbers for ids that match a pattern, in place of the policy's.
public struct LimitOverride: Sendable, Equatable, BitwiseCopyable {
    public var quota: Int64
    public var burst: Int64
    public var expiresAt: Instant

    public init(quota: Int64, burst: Int64, expiresAt: Instant) {
        self.quota = quota
        self.burst = burst
        self.expiresAt = expiresAt
    }
}

/// An override for all ids of a shape: `*` stands for any bytes, `?` for one.
public struct LimitGlob: Sendable, Equatable {
    public var pattern: [UInt8]
    public var override: LimitOverride

    public init(pattern: [UInt8], override: LimitOverride) {
        self.pattern = pattern
        self.override = override
    }

    /// How many bytes of it stand for themselves: the pattern with the most is the closest.
    public var literalCount: Int { pattern.count { $0 != 0x2A && $0 != 0x3F } }

    /// O(pattern × id) at worst, without recursion.
    public func matches(_ id: Span<UInt8>) -> Bool {
        var (place, at) = (0, 0)
        var (star, mark) = (-1, 0)
        while at < id.count {
            if place < pattern.count, pattern[place] == 0x2A {
                (star, mark) = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == 0x3F || pattern[place] == id[at] {
                place += 1
                at += 1
            } else if star >= 0 {
                mark += 1
                (place, at) = (star + 1, mark)
            } else {
                return false
            }
        }
        while place < pattern.count, pattern[place] == 0x2A { place += 1 }
        return place == pattern.count
    }
}

/// A policy: settings, overrides by shape, and its zone.
public final class LimitPolicy: Sendable {
    public let name: [UInt8]
    public let settings: LimitSettings
    /// The closest first.
    public let globs: [LimitGlob]

    public init(name: [UInt8], settings: LimitSettings, globs: [LimitGlob] = []) {
        self.name = name
        self.settings = settings
        self.globs = globs.sorted { $0.literalCount > $1.literalCount }
    }

    /// Patterns one policy can have: each is tried for ids without an override of their own.
    public static let mostGlobs = 256

    // MARK: Stored form

    /// ```
    /// algorithm 1 │ flags 1: shadow, counts denied │ period 1 │ quota 8 │ window 8 │ burst 8 │ lease 8
    /// length 1, zone │ length 1, unit │ count 2, each: length 2, pattern, quota 8, burst 8, end 8
    /// ```
    public func append(to out: inout IOBuffer) {
        let rule = settings.rule
        out.append(rule.algorithm.rawValue)
        out.append((rule.isShadow ? 1 : 0) | (rule.countsDenied ? 2 : 0))
        out.append(rule.period.rawValue)
        for number in [rule.quota, rule.window, rule.burst, rule.lease] {
            out.append(littleEndian: number)
        }
        for text in [settings.zone, settings.unit] {
            out.append(UInt8(text.count))
            out.append(text)
        }
        out.append(littleEndian: UInt16(globs.count))
        for glob in globs {
            out.append(littleEndian: UInt16(glob.pattern.count))
            out.append(glob.pattern)
            out.append(littleEndian: glob.override.quota)
            out.append(littleEndian: glob.override.burst)
            out.append(littleEndian: glob.override.expiresAt.milliseconds)
        }
    }

    /// Nil for bytes that are no policy.
    public convenience init?(name: [UInt8], stored: Span<UInt8>) {
        var cursor = StoredCursor(stored)
        guard let algorithm = cursor.number(UInt8.self).flatMap(LimitAlgorithm.init(rawValue:)),
            let flags = cursor.number(UInt8.self), let period = cursor.number(UInt8.self),
            let quota = cursor.number(Int64.self), let window = cursor.number(Int64.self),
            let burst = cursor.number(Int64.self), let lease = cursor.number(Int64.self), quota > 0, burst > 0,
            let zoneCount = cursor.number(UInt8.self), let zone = cursor.bytes(Int(zoneCount)),
            let unitCount = cursor.number(UInt8.self), let unit = cursor.bytes(Int(unitCount)),
            let count = cursor.number(UInt16.self)
        else { return nil }
        var settings = LimitSettings()
        settings.rule.algorithm = algorithm
        settings.rule.period = LimitPeriod(rawValue: period) ?? .day
        (settings.rule.isShadow, settings.rule.countsDenied) = (flags & 1 != 0, flags & 2 != 0)
        (settings.rule.quota, settings.rule.window) = (quota, window)
        (settings.rule.burst, settings.rule.lease) = (burst, lease)
        (settings.zone, settings.unit) = (zone, unit)
        var globs: [LimitGlob] = []
        for _ in 0..<count {
            guard let length = cursor.number(UInt16.self), let pattern = cursor.bytes(Int(length)),
                let quota = cursor.number(Int64.self), let burst = cursor.number(Int64.self), quota > 0, burst > 0,
                let end = cursor.number(Int64.self)
            else { return nil }
            let override = LimitOverride(quota: quota, burst: burst, expiresAt: Instant(milliseconds: end))
            globs.append(LimitGlob(pattern: pattern, override: override))
        }
        self.init(name: name, settings: settings, globs: globs)
    }
}

/// Reads a stored form from front to back.
public struct StoredCursor: ~Escapable {
    private let bytes: Span<UInt8>
    private var offset = 0

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    public var left: Int { bytes.count - offset }

    public mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Number? {
        let count = Number.bitWidth / 8
        guard left >= count else { return nil }
        offset += count
        return bytes.loadLittleEndian(type, at: offset - count)
    }

    public mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, left >= count else { return nil }
        offset += count
        return bytes.extracting(offset - count..<offset).copied()
    }
}
