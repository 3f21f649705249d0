import CacheModel

/// Requests of one loop whose changes may not be made yet, in the order they came, by their tickets: who has gone
/// meanwhile, or was refused when its time was over, is found no more.
struct HeldChanges {
    private static let leastPruned = 1024

    private var tickets: [Ticket] = []
    /// Those before it have been let in.
    private var first = 0
    private var pruneAt = leastPruned

    var isEmpty: Bool { first == tickets.count }

    /// Adds one behind the others. Tickets for which `isParked` is false are forgotten before as many again have come:
    /// a disk that hangs for an hour leaves no list of all who tried.
    mutating func add(_ ticket: Ticket, isParked: (Ticket) -> Bool) {
        if tickets.count >= pruneAt {
            tickets = tickets[first...].filter(isParked)
            first = 0
            pruneAt = max(Self.leastPruned, tickets.count * 2)
        }
        tickets.append(ticket)
    }

    /// The first that came, which is let in.
    mutating func next() -> Ticket? {
        guard first < tickets.count else { return nil }
        defer { first += 1 }
        return tickets[first]
    }
}
