import Bytes
import CacheModel
import Synchronization

/// The policies as every check needs them: parsed, and found without a lock.
///
/// Policies are state entries like others; whatever writes or removes one, a command or the log, tells this. Each loop
/// keeps a table of all policies and looks at one number to see whether it is still right; policies are few and change
/// seldom, so a change makes a new table.
final class LimitRegistry: Sendable {
    private struct Contents {
        var policies: [UInt64: LimitPolicy] = [:]
        var table: LimitTable?
        var denials: [UInt64: DeniedIDs] = [:]
    }

    private let contents = Guarded(Contents())
    private let version = Atomic<UInt64>(1)

    func set(_ policy: LimitPolicy?, hash: UInt64) {
        contents.withLock {
            $0.policies[hash] = policy
            if policy == nil { $0.denials[hash] = nil }
            $0.table = nil
            version.add(1, ordering: .releasing)
        }
    }

    /// Sees to it that the table is that of all policies.
    /// - Returns: whether it was another one.
    @inline(always)
    func refresh(_ table: inout LimitTable?) -> Bool {
        if let table, table.version == version.load(ordering: .acquiring) { return false }
        table = current()
        return true
    }

    private func current() -> LimitTable {
        contents.withLock {
            let version = version.load(ordering: .acquiring)
            if let table = $0.table, table.version == version { return table }
            let table = LimitTable(version: version, policies: $0.policies)
            $0.table = table
            return table
        }
    }

    // MARK: Who is denied most

    /// Counts a denial; a figure for people, kept in memory only.
    func noteDenial(_ id: [UInt8], of policy: UInt64) {
        contents.withLock { $0.denials[policy, default: DeniedIDs()].note(id) }
    }

    func mostDenied(of policy: UInt64, most: Int) -> [(id: [UInt8], count: Int64)] {
        contents.withLock { $0.denials[policy]?.top(most) ?? [] }
    }
}

/// The ids of a policy that were denied most often, by Space-Saving: a count is too high by at most what the least of a
/// thousand has.
struct DeniedIDs {
    private static let most = 1000
    private var counts: [[UInt8]: Int64] = [:]

    mutating func note(_ id: [UInt8]) {
        if counts[id] == nil, counts.count >= Self.most, let least = counts.min(by: { $0.value < $1.value }) {
            counts[least.key] = nil
            counts[id] = least.value
        }
        counts[id, default: 0] += 1
    }

    func top(_ most: Int) -> [(id: [UInt8], count: Int64)] {
        counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key) }
            .prefix(most).map { ($0.key, $0.value) }
    }
}
