import Bytes
import CacheModel

/// Which sessions a user has, and which have an attribute.
///
/// Nothing of it is logged: whatever writes a session's entry or takes it away, a command, expiry, the log or a
/// snapshot, tells the index under that entry's lock, so that it cannot drift. It knows no more than hashes: whoever
/// finds a handle here looks the session up and asks whether it lives and belongs to the group.
///
/// Two locks a group: that of its rows, taken under shards' locks and held for a row; and that of a user, taken before
/// any shard's by what looks at all sessions of the user and then begins or ends some.
final class SessionIndex: Sendable {
    private struct Stripe {
        var rows = SessionRows()
        /// The last write that took a row away: what a list that lacks the row reveals.
        var lastRemoval = Position.none
    }

    private static let count = 64
    private let stripes: [Stripes]
    private let users: [Users]

    /// A noncopyable value cannot stand in an array by itself.
    private final class Stripes: Sendable {
        let guarded = Guarded(Stripe())
    }

    /// Unsafe in spelling alone: a mutex is for all threads.
    private final class Users: @unchecked Sendable {
        let lock = Lock()
        deinit { lock.destroy() }
    }

    init() {
        stripes = (0..<Self.count).map { _ in Stripes() }
        users = (0..<Self.count).map { _ in Users() }
    }

    private static func number(_ group: UInt64) -> Int { Int(truncatingIfNeeded: group >> 32) & (count - 1) }

    /// Runs with the lock of a user, named by its group.
    func lockUser(_ group: UInt64) { users[Self.number(group)].lock.lock() }
    func unlockUser(_ group: UInt64) { users[Self.number(group)].lock.unlock() }

    /// Adds a session to a group; by how many bytes the index grew.
    func add(_ row: SessionRows.Row) -> Int {
        stripes[Self.number(row.group)].guarded.withLock { $0.rows.insert(row) }
    }

    func remove(_ row: SessionRows.Row, at position: Position) -> Int {
        stripes[Self.number(row.group)].guarded.withLock {
            $0.lastRemoval = max($0.lastRemoval, position)
            return $0.rows.remove(row)
        }
    }

    /// Handles of a group in order, and the last removal the answer may reveal.
    func handles(of group: UInt64, after: SessionHandle?, most: Int) -> (handles: [SessionHandle], last: Position) {
        stripes[Self.number(group)].guarded.withLock {
            ($0.rows.handles(of: group, after: after, most: most), $0.lastRemoval)
        }
    }

    /// For tests, and for the account.
    var bytes: Int { stripes.reduce(0) { sum, stripe in sum + stripe.guarded.withLock { $0.rows.bytes } } }
    var rowCount: Int { stripes.reduce(0) { sum, stripe in sum + stripe.guarded.withLock { $0.rows.count } } }

    func checkInvariants() {
        for stripe in stripes { stripe.guarded.withLock { $0.rows.checkInvariants() } }
    }
}

/// The groups of one session: its user's and its attributes'.
struct SessionGroups {
    private(set) var all: InlineArray<4, UInt64> = .init(repeating: 0)
    private(set) var count = 0

    init() {}

    init(_ head: SessionHead, in stored: Span<UInt8>, _ hasher: KeyHasher) {
        if !head.user.isEmpty { add(Self.user(stored.extracting(head.user), hasher)) }
        for attribute in head.attributes {
            add(Self.attribute(stored.extracting(attribute.name), stored.extracting(attribute.value), hasher))
        }
    }

    private mutating func add(_ group: UInt64) {
        all[count] = group
        count += 1
    }

    func contains(_ group: UInt64) -> Bool {
        for index in 0..<count where all[index] == group { return true }
        return false
    }

    static func user(_ name: Span<UInt8>, _ hasher: KeyHasher) -> UInt64 { hasher.hash(RawBytes(name)) }

    static func attribute(_ name: Span<UInt8>, _ value: Span<UInt8>, _ hasher: KeyHasher) -> UInt64 {
        // Names and values are hashed apart; an odd factor keeps (a, b) from meeting (b, a) and users.
        let other = KeyHasher(first: hasher.second, second: hasher.first)
        return (other.hash(RawBytes(name)) &* 0x9E37_79B9_7F4A_7C15) ^ other.hash(RawBytes(value))
    }
}
