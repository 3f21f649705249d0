import Bytes
import CacheModel

/// The stored keys of rate limits.
///
/// ```
/// kind 3 │ 0 │ name                                      a policy
/// kind 3 │ 1 │ length 1 │ policy │ id                    what one id has used
/// kind 3 │ 1 │ 255 │ hash of the policy's name 16 │ id   where the policy's name is longer than 64 bytes
/// ```
enum LimitKeys {
    private static let longestPlain = 64

    static func append(policy name: Span<UInt8>, to keys: inout IOBuffer) {
        keys.append(Kind.limits.number)
        keys.append(0)
        keys.append(name)
    }

    /// What the keys of all ids of a policy begin with.
    static func append(idsOf policy: Span<UInt8>, _ hasher: KeyHasher, to keys: inout IOBuffer) {
        keys.append(Kind.limits.number)
        keys.append(1)
        guard policy.count > longestPlain else {
            keys.append(UInt8(policy.count))
            return keys.append(policy)
        }
        keys.append(0xFF)
        keys.append(littleEndian: hasher.hash(RawBytes(policy)))
        let second = KeyHasher(first: hasher.second, second: hasher.first)
        keys.append(littleEndian: second.hash(RawBytes(policy)))
    }

    static func isPolicy(_ key: RawBytes) -> Bool {
        key.count > 2 && key.byte(0) == Kind.limits.number && key.byte(1) == 0
    }

    static func policyName(in key: RawBytes) -> RawBytes { RawBytes(start: key.start + 2, count: key.count - 2) }
}

extension Shard {
    /// Tells of a policy that was written.
    func notePolicy(_ key: RawBytes, _ value: RawBytes) {
        let name = LimitKeys.policyName(in: key)
        let policy = LimitPolicy(name: name.span.copied(), stored: value.span)
        context.pointee.rateLimits.set(policy, hash: hasher.hash(name))
    }

    func forgetPolicy(_ key: RawBytes) {
        context.pointee.rateLimits.set(nil, hash: hasher.hash(LimitKeys.policyName(in: key)))
    }
}
