import CacheModel

/// The watches of one shard: tickets by the hash of their key. A hash that two keys share wakes a waiter too often,
/// which only asks again.
struct Watches {
    private(set) var tickets: [UInt64: [Ticket]] = [:]
    /// No watched entry stops being visible before this.
    var nextEnd = Int64.max

    var isEmpty: Bool { tickets.isEmpty }

    mutating func add(_ ticket: Ticket, hash: UInt64, end: Int64) {
        tickets[hash, default: []].append(ticket)
        nextEnd = min(nextEnd, end)
    }

    mutating func take(_ hash: UInt64) -> [Ticket] { tickets.removeValue(forKey: hash) ?? [] }

    mutating func remove(_ ticket: Ticket, hash: UInt64) {
        tickets[hash]?.removeAll { $0 == ticket }
        if tickets[hash]?.isEmpty == true { tickets[hash] = nil }
    }
}
