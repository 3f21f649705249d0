import Bytes

/// All stored policies at one moment, by the hash of their names.
package final class LimitTable: Sendable {
    package let version: UInt64
    private let policies: [UInt64: LimitPolicy]

    package init(version: UInt64, policies: [UInt64: LimitPolicy]) {
        self.version = version
        self.policies = policies
    }

    package func find(_ name: Span<UInt8>, hash: UInt64) -> LimitPolicy? {
        guard let policy = policies[hash], policy.isNamed(name) else { return nil }
        return policy
    }
}

extension LimitPolicy {
    package func isNamed(_ other: Span<UInt8>) -> Bool {
        let name = name
        return name.span.equals(other)
    }
}
