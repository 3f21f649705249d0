import CacheModel

/// Who is present in one topic: leases by name.
struct PresenceList {
    struct Lease {
        var meta: [UInt8]
        var since: Instant
        var until: Instant
        /// For when the queue of leases holds the entry that counts.
        var scheduled: Instant
    }

    private(set) var leases: [[UInt8]: Lease] = [:]

    var isEmpty: Bool { leases.isEmpty }
    var count: Int { leases.count }

    subscript(member: [UInt8]) -> Lease? {
        get { leases[member] }
        set { leases[member] = newValue }
    }
}

/// One that is present, as a list shows it.
package struct Member: Sendable, Equatable {
    package var name: [UInt8]
    /// JSON as it was sent; empty for none.
    package var meta: [UInt8]
    package var since: Instant
    package var until: Instant
}

/// What became of a lease.
package enum PresenceChange: Sendable, Equatable {
    case joined, renewed, left, absent
    /// Too many members are present.
    case full
}
