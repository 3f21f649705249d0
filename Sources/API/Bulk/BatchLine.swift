import Bytes
import CacheModel
import JSON

/// One operation of a batch, as its line says it. Slices lie in the buffer it was read into.
struct BatchLine {
    enum Operation: CaseIterable { case put, get, delete, touch, append }

    var operation = Operation.get
    var key: ByteSlice = .empty
    var value: ByteSlice = .empty
    var fields: ByteSlice = .empty
    var wish = LifetimeWish()
    var ifMatch = GroupOperation.Condition.absent
    var ifNoneMatch = GroupOperation.Condition.absent
    var version: CallerVersion?
    var maximumLength = Int.max
}

extension BatchLine.Operation {
    var name: StaticString {
        switch self {
        case .put: "put"
        case .get: "get"
        case .delete: "delete"
        case .touch: "touch"
        case .append: "append"
        }
    }

    /// The members it takes.
    var members: BatchMembers {
        switch self {
        case .put:
            BatchMembers(
                .op, .key, .key64, .value, .value64, .ttl, .idle, .expiresAt, .ifMatch, .ifNoneMatch, .version,
                .ifVersion, .contentType)
        case .get: BatchMembers(.op, .key, .key64)
        case .delete: BatchMembers(.op, .key, .key64, .ifMatch, .ifNoneMatch, .version, .ifVersion)
        case .touch: BatchMembers(.op, .key, .key64, .ttl, .idle, .expiresAt, .ifMatch, .ifNoneMatch)
        case .append:
            BatchMembers(.op, .key, .key64, .value, .value64, .maxLen, .ifMatch, .ifNoneMatch, .contentType)
        }
    }
}

/// The members a line can have.
enum BatchMember: UInt8, CaseIterable {
    case op, key, key64, value, value64, ttl, idle, expiresAt, ifMatch, ifNoneMatch, version, ifVersion, contentType
    case maxLen

    var name: StaticString {
        switch self {
        case .op: "op"
        case .key: "key"
        case .key64: "key64"
        case .value: "value"
        case .value64: "value64"
        case .ttl: "ttl"
        case .idle: "idle"
        case .expiresAt: "expires_at"
        case .ifMatch: "if_match"
        case .ifNoneMatch: "if_none_match"
        case .version: "version"
        case .ifVersion: "if_version"
        case .contentType: "content_type"
        case .maxLen: "max_len"
        }
    }
}

struct BatchMembers: OptionSet {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }
    init(_ members: BatchMember...) { rawValue = members.reduce(0) { $0 | 1 << UInt16($1.rawValue) } }

    func contains(_ member: BatchMember) -> Bool { rawValue >> UInt16(member.rawValue) & 1 == 1 }
}
