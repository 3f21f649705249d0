import Bytes

/// All stored policies at one moment, by the hash of their names.
public final class LimitTable: Sendable {
    public let version: UInt64
    private let policies: [UInt64: LimitPolicy]

    public init(version: UInt64, policies: [UInt64: LimitPolicy]) {
        self.version = version
        self.policies = policies
    }

    public func find(_ name: Span<UInt8>, hash: UInt64) -> LimitPolicy? {
        guard let policy = policies[hash], policy.isNamed(name) else { return nil }
        return policy
    }
}

extension LimitPolicy {
    public func isNamed(_ other: Span<UInt8>) -> Bool {
        let name = name
        return name.span.equals(other)
    }
}
