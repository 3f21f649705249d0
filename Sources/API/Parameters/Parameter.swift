import Bytes

/// Every query parameter the surface knows.
enum Parameter: UInt8, Sendable, CaseIterable {
    case key64, ttl, idle, expiresAt, touch, stale, wait, op, maxLen, len
    case prefix, prefix64, limit, cursor, order, start, start64, end, end64, delimiter, fields
    case values, atomic
    case topic, match, since, last, `where`, slow, envelope, heartbeat, presence, ticket, poll
    case event, key, dedup, retain
    case by, initial, min, max, overflow, ttlMode, windows, zone, unique, item, int
    case window, `default`, from, to, step, aggregate, fill, k
    case algorithm, quota, burst, unit, shadow, countDenied, per, lease, cost, dryRun, reserve, deny, createdAt
    case `for`, list, reservation
    case group, rank, around, buckets
    case pointer, grace, except, data

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
        case .topic: "topic"
        case .match: "match"
        case .since: "since"
        case .last: "last"
        case .where: "where"
        case .slow: "slow"
        case .envelope: "envelope"
        case .heartbeat: "heartbeat"
        case .presence: "presence"
        case .ticket: "ticket"
        case .poll: "poll"
        case .event: "event"
        case .key: "key"
        case .dedup: "dedup"
        case .retain: "retain"
        case .by: "by"
        case .initial: "initial"
        case .min: "min"
        case .max: "max"
        case .overflow: "overflow"
        case .ttlMode: "ttl_mode"
        case .windows: "windows"
        case .zone: "tz"
        case .unique: "unique"
        case .item: "item"
        case .int: "int"
        case .window: "window"
        case .default: "default"
        case .from: "from"
        case .to: "to"
        case .step: "step"
        case .aggregate: "agg"
        case .fill: "fill"
        case .k: "k"
        case .algorithm: "algorithm"
        case .quota: "quota"
        case .burst: "burst"
        case .unit: "unit"
        case .shadow: "shadow"
        case .countDenied: "count_denied"
        case .per: "per"
        case .lease: "lease"
        case .cost: "cost"
        case .dryRun: "dry_run"
        case .reserve: "reserve"
        case .deny: "deny"
        case .createdAt: "created_at"
        case .for: "for"
        case .list: "list"
        case .reservation: "reservation"
        case .group: "group"
        case .rank: "rank"
        case .around: "around"
        case .buckets: "buckets"
        case .pointer: "pointer"
        case .grace: "grace"
        case .except: "except"
        case .data: "data"
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
    let rawValue: UInt128

    init(rawValue: UInt128) { self.rawValue = rawValue }
    init(_ parameters: Parameter...) { rawValue = parameters.reduce(0) { $0 | 1 << UInt128($1.rawValue) } }

    mutating func note(_ parameter: Parameter) {
        self = ParameterSet(rawValue: rawValue | 1 << UInt128(parameter.rawValue))
    }

    @inline(__always)
    func contains(_ parameter: Parameter) -> Bool {
        let half = UInt64(truncatingIfNeeded: parameter.rawValue < 64 ? rawValue : rawValue >> 64)
        return half >> UInt64(parameter.rawValue & 63) & 1 == 1
    }
}
