import Bytes
import CacheModel

/// Judging a write before it is made.
///
/// A request that would not have succeeded anyway keeps its own answer (RFC 9110 §13.2.1): a missing key, a version
/// that is not newer and a value that grows too long are looked at before the preconditions.
extension Shard {
    /// Whether the precondition holds for the visible entry, in the order of RFC 9110 §13.2.2.
    func holds(_ precondition: borrowing Precondition, for entry: Entry?) -> Bool {
        Self.holds(precondition, for: entry)
    }

    static func holds(_ precondition: borrowing Precondition, for entry: Entry?) -> Bool {
        switch precondition.ifMatch {
        case .absent:
            // What is not there has no modification date, and then the field is to be ignored (§13.1.4).
            if let limit = precondition.ifUnmodifiedSince, let entry, Int64(entry.modifiedSeconds) > limit {
                return false
            }
        case .any:
            if entry == nil { return false }
        case .oneOf(let positions):
            guard let entry, contains(positions, entry.position) else { return false }
        }
        switch precondition.ifNoneMatch {
        case .absent: return true
        case .any: return entry == nil
        case .oneOf(let positions): return !(entry.map { contains(positions, $0.position) } ?? false)
        }
    }

    static func contains(_ positions: Span<Position>, _ position: Position) -> Bool {
        for index in positions.indices where positions[index] == position { return true }
        return false
    }

    /// The version stored under a key, in its entry or left by a versioned delete.
    func storedVersion(_ entry: Entry?, _ hash: UInt64, now: Instant) -> UInt64? {
        if let entry { return entry.version }
        return deletedVersions.find(hash, now: now)
    }

    func isStale(_ version: CallerVersion?, stored: UInt64?) -> Bool {
        guard let version, version.onlyIfNewer, let stored else { return false }
        return version.value <= stored
    }
}
