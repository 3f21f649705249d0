/// Why a connection ended.
public enum CloseReason: Int, Sendable, CaseIterable {
    /// The client closed it, or asked to.
    case client
    /// The answer to a refused request closed it.
    case refused
    case timeout
    /// Reset, broken pipe and other failures of the network.
    case failure
    /// A reader too slow for what it asked for.
    case slowReader
    case draining

    var label: StaticString {
        switch self {
        case .client: "client"
        case .refused: "refused"
        case .timeout: "timeout"
        case .failure: "failure"
        case .slowReader: "slow_reader"
        case .draining: "draining"
        }
    }
}

/// Which deadline passed.
public enum TimeoutKind: Int, Sendable, CaseIterable {
    case idle, head, body, write

    var label: StaticString {
        switch self {
        case .idle: "idle"
        case .head: "head"
        case .body: "body"
        case .write: "write"
        }
    }
}

/// What one loop has counted about its connections and itself. Only that loop writes it.
public final class LoopMetrics: Sendable {
    public let accepted = Counter()
    /// Connections turned away: over a limit, or out of descriptors.
    public let turnedAway = Counter()
    /// Connections open now.
    public let open = Counter()
    private let closed = InlineArray<6, Counter> { _ in Counter() }
    private let timeouts = InlineArray<4, Counter> { _ in Counter() }
    public let bytesIn = Counter()
    public let bytesOut = Counter()
    public let turns = Counter()
    public let busyNanoseconds = Counter()
    /// Requests waiting now for a ticket.
    public let parked = Counter()
    /// Tickets that came for a connection that was gone or had moved on.
    public let lateTickets = Counter()

    /// Streams of events open now.
    public let subscribers = Counter()
    /// Events given to streams; streams closed because their reader was too slow; events held back for a slow reader
    /// that wants the newest only.
    public let delivered = Counter()
    public let dropped = Counter()
    public let conflated = Counter()

    public init() { precondition(CloseReason.allCases.count == 6 && TimeoutKind.allCases.count == 4) }

    public func connectionClosed(_ reason: CloseReason) {
        closed[reason.rawValue].add()
        open.subtract()
    }

    public func timedOut(_ kind: TimeoutKind) { timeouts[kind.rawValue].add() }

    func closed(_ reason: CloseReason) -> UInt64 { closed[reason.rawValue].value }
    func timedOut(_ kind: TimeoutKind) -> UInt64 { timeouts[kind.rawValue].value }
}
