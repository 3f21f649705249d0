import API
import Bytes
import CacheModel
import HTTP1
import Observability
import Posix
import PubSub
import Reactor

/// What the connections of one loop share: the loop itself, its buffers, its part of the API and its counters. Lives on
/// the loop's thread.
final class LoopWorker: EventLoop.Owner {
    /// Bytes of room for a read: a pipeline of small requests or a good part of a large body in one call.
    static let readSize = 64 << 10
    /// Answers are handed to the kernel at least every so many bytes.
    static let flushBytes = 256 << 10
    /// A turn that is longer takes no further request of a pipeline, in nanoseconds.
    private static let turnNanoseconds: Int64 = 5_000_000
    /// Changes that were held are let in by so many a turn.
    private static let mostAdmitted = 256
    /// What is thrown away from a client that was refused, in bytes and milliseconds.
    static let drainBytes = 64 << 10
    static let drainMilliseconds: Int64 = 1000
    /// A request that waits goes on waiting for so long when its client has closed its half of the connection.
    static let halfClosedWaitMilliseconds: Int64 = 2000
    /// A body may pause for so long before its pace is judged, and must then average so many bytes a second.
    static let bodyGraceMilliseconds: Int64 = 5000
    static let bodyBytesPerSecond: Int64 = 1024

    /// Upkeep comes every so many milliseconds while requests come, and less often in an idle server.
    private static let busyUpkeep: Int64 = 10
    private static let idleUpkeep: Int64 = 100

    let index: Int
    let loop: EventLoop
    @exclusivity(unchecked) var api: APIWorker
    let metrics: LoopMetrics
    let httpLimits: HTTPLimits
    let timeouts: ConnectionTimeouts
    let head = RequestHead()
    @exclusivity(unchecked) var readBuffer = IOBuffer(capacity: readSize)
    @exclusivity(unchecked) var response = ResponseWriter()
    @exclusivity(unchecked) var accessLog = AccessLogWriter()
    let logsAccess: Bool
    /// When the last answer was complete, in monotonic nanoseconds.
    @exclusivity(unchecked) var clockMark: Int64 = 0
    /// The generation that the next parked request gets.
    @exclusivity(unchecked) private(set) var nextWait: UInt32 = 1
    @exclusivity(unchecked) private(set) var isDraining = false

    /// Where replies wait for the log; nil where nothing is kept, or not yet.
    @exclusivity(unchecked) private(set) var replyHold: ReplyHold?
    @exclusivity(unchecked) private var engine: any Engine
    let hub: Hub
    @exclusivity(unchecked) var fanOut = FanOut()
    @exclusivity(unchecked) private var accessVersion: UInt64
    private let shared: SharedServer
    @exclusivity(unchecked) private var listener: Listener?
    @exclusivity(unchecked) private var connectionCount = 0
    @exclusivity(unchecked) private var answeredAtUpkeep: UInt64 = 0
    @exclusivity(unchecked) private var dateSecond: Int64 = .min
    @exclusivity(unchecked) private var drainEnds: Int64 = .max

    init(_ shared: SharedServer, index: Int) throws {
        self.shared = shared
        self.index = index
        loop = try EventLoop(mailbox: shared.mailboxes[index])
        api = APIWorker(api: shared.api, loop: index, seed: Process.randomWord())
        metrics = shared.metrics.loop(index)
        httpLimits = shared.configuration.httpLimits
        timeouts = ConnectionTimeouts(shared.configuration)
        logsAccess = shared.configuration.accessLog
        engine = shared.api.openData.engine
        hub = shared.api.hub
        accessVersion = shared.api.accessVersion
    }

    /// The loop's idea of now, for the API and the engine.
    var now: Instant { Instant(milliseconds: loop.wallMilliseconds) }

    /// Accepts on `socket` from the next turn on.
    func listen(on socket: consuming ListeningSocket) throws {
        listener = try Listener(
            socket, on: loop,
            accepted: { stream, address in self.accepted(stream, address) },
            refused: { self.metrics.turnedAway.add() })
    }

    /// Serves until the server has drained.
    func run() { loop.run(owner: self) }

    // MARK: Connections

    private func accepted(_ stream: consuming StreamSocket, _ address: SocketAddress) {
        let network = address.network
        let admission = shared.limits.admit(network)
        if admission == .networkFull { return metrics.turnedAway.add() }
        let connection = HTTPConnection(
            stream, network: network, peer: logsAccess ? address.text : "", worker: self)
        guard connection.start() else { return shared.limits.release(network) }
        connectionCount += 1
        metrics.accepted.add()
        metrics.open.add()
        if admission == .full {
            metrics.turnedAway.add()
            connection.refuseForLimit()
        }
    }

    func connectionClosed(_ connection: HTTPConnection, _ reason: CloseReason) {
        connectionCount -= 1
        shared.limits.release(connection.network)
        metrics.connectionClosed(reason)
        if isDraining && connectionCount == 0 { loop.stop() }
    }

    /// When the request at hand began: at the end of the one before it in this turn, else with the turn. So one reading
    /// of the clock serves two requests, and the time between holds the system calls in between.
    func requestBegins() -> Int64 { max(clockMark, loop.monotonicNanoseconds) }

    /// Whether this turn has gone on for long; one client's pipeline then leaves the loop to the others.
    var hasHeldTheTurn: Bool { clockMark - loop.monotonicNanoseconds > Self.turnNanoseconds }

    // MARK: Waiting

    func noteParked() {
        nextWait &+= 1
        metrics.parked.add()
    }

    /// A wait is over; `cancels` when not because its ticket came.
    func endWait(_ wait: UInt32, of connection: HTTPConnection, cancels: Bool) {
        metrics.parked.subtract()
        guard cancels, let registration = connection.registration else { return }
        engine.cancel(Ticket(loop: index, connection: registration.index, generation: wait))
    }

    /// Keeps a parked request until its change may be made.
    func hold(change ticket: Ticket) {
        replyHold?.add(change: ticket) { ticket in
            connection(of: ticket)?.isParked(wait: ticket.generation) == true
        }
    }

    /// Lets in changes that were held, until the log has enough again or others have waited for long.
    private func admitChanges() {
        var admitted = 0
        while admitted < Self.mostAdmitted, let ticket = replyHold?.nextChange() {
            _ = connection(of: ticket)?.awaken(wait: ticket.generation, .admitted)
            admitted += 1
        }
        if admitted == Self.mostAdmitted { loop.comeBack() }
    }

    private func connection(of ticket: Ticket) -> HTTPConnection? {
        loop.handler(at: ticket.connection) as? HTTPConnection
    }

    // MARK: Owner

    func received(_ word: UInt64) {
        switch word {
        case ControlWord.drain: return drain()
        case ControlWord.opened: return open()
        case ControlWord.logMoved: return replyHold?.release() ?? ()
        case ControlWord.events: return fanOut.hasNews = true
        case ControlWord.sessions: return announceSessions()
        default: break
        }
        let ticket = Ticket(packed: word)
        if connection(of: ticket)?.awaken(wait: ticket.generation) != true { metrics.lateTickets.add() }
    }

    /// Publishes what happened to sessions; what of it is this loop's own is handed out at the turn's end.
    func announceSessions() {
        shared.sessions.publish(to: hub, at: now, own: index)
        fanOut.hasNews = true
    }

    /// No answer may say that it is older than what it shows (RFC 9110 §8.8.2.1): the date goes with the turn.
    func turnBegan() { setDate() }

    func upkeep() -> Int64 {
        engine.maintain(at: now, worker: index, of: shared.mailboxes.count)
        if index == 0 { hub.maintain(at: now) }
        if accessVersion != shared.api.accessVersion {
            accessVersion = shared.api.accessVersion
            recheckStreams()
        }
        if isDraining && loop.now >= drainEnds { loop.stop() }
        let answered = bytesSeen
        let isIdle = answered == answeredAtUpkeep
        answeredAtUpkeep = answered
        return isIdle ? Self.idleUpkeep : Self.busyUpkeep
    }

    /// Moves whenever something was sent: what tells a busy server from an idle one.
    private var bytesSeen: UInt64 { metrics.bytesOut.value }

    /// The data has been loaded.
    private func open() {
        engine = shared.api.openData.engine
        if let keeper = shared.keeper { replyHold = ReplyHold(keeper, loop: index) }
    }

    func turnEnds() {
        admitChanges()
        if api.takeHasPublished() { fanOut.hasNews = true }
        handOutEvents()
        let now = isDraining ? nil : requestBegins()
        if replyHold?.turnEnded(turnStart: loop.monotonicNanoseconds, now: now) == true { loop.comeBack() }
    }

    func turnEnded(busy: Int64) {
        metrics.turns.add()
        metrics.busyNanoseconds.add(UInt64(max(0, busy)))
        if logsAccess { accessLog.flush() }
    }

    private func setDate() {
        let second = now.seconds
        guard second != dateSecond else { return }
        dateSecond = second
        var dateText = IOBuffer()
        HTTPDate.append(second, into: &dateText)
        response.setDate(dateText.readable)
    }

    // MARK: Drain

    /// Finishes what is in flight, takes nothing new, and stops the loop when all is done or the time is over.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        drainEnds = loop.now + shared.configuration.drainTimeoutMilliseconds
        listener?.stop()
        listener = nil
        for handler in loop.handlers { (handler as? HTTPConnection)?.drain() }
        if connectionCount == 0 { loop.stop() }
    }
}

/// Words in a mailbox that are no tickets: their connection number is one that no loop reaches.
enum ControlWord {
    static let drain = UInt64.max
    /// The data has been loaded: requests for it may be answered.
    static let opened = UInt64.max - 1
    /// The log has moved: held replies may leave.
    static let logMoved = UInt64.max - 2
    /// The hub has events for this loop.
    static let events = UInt64.max - 3
    /// Something happened to sessions.
    static let sessions = UInt64.max - 4
}
