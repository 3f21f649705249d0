import Bytes

/// Every query parameter the surface knows.
enum Parameter: UInt8, Sendable, CaseIterable {
    case key64, ttl, idle, expiresAt, touch, stale, wait, op, maxLen, len
    case prefix, prefix64, limit, cursor, order, start, start64, end, end64, delimiter, fields
    case values, atomic
    case from, min, max, window, group, rank, around, buckets, int

    var name: StaticString {
        switch self {
        case .key64: "key64"
        case .ttl: "ttl"
        case .idle: "idle"
        case .expiresAt: "expires_at"
        case .touch: "touch"
        case .stale: "stale"
        case .wait: "wait"
        case .op: "op"
        case .maxLen: "max_len"
        case .len: "len"
        case .prefix: "prefix"
        case .prefix64: "prefix64"
        case .limit: "limit"
        case .cursor: "cursor"
        case .order: "order"
        case .start: "start"
        case .start64: "start64"
        case .end: "end"
        case .end64: "end64"
        case .delimiter: "delimiter"
        case .fields: "fields"
        case .values: "values"
        case .atomic: "atomic"
        case .from: "from"
        case .min: "min"
        case .max: "max"
        case .window: "window"
        case .group: "group"
        case .rank: "rank"
        case .around: "around"
        case .buckets: "buckets"
        case .int: "int"
        }
    }

    init?(_ name: Span<UInt8>) {
        for parameter in Self.allCases where name.equals(parameter.name) {
            self = parameter
            return
        }
        return nil
    }
}

/// The parameters a route takes.
struct ParameterSet: OptionSet, Sendable {
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }
    init(_ parameters: Parameter...) { rawValue = parameters.reduce(0) { $0 | 1 << UInt64($1.rawValue) } }

    func contains(_ parameter: Parameter) -> Bool { rawValue >> UInt64(parameter.rawValue) & 1 == 1 }
}
