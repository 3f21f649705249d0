import Glibc

/// Drives a workload over many connections from one thread.
///
/// Each connection has a batch of `depth` requests in flight: it writes the batch in one go, reads
/// the answers, and then asks for the next batch. With a depth of one that is a plain request and
/// its answer. A latency runs from the moment its batch was handed to the kernel to the moment its
/// answer was read.
struct Driver<W: Wire> {
    private let wire: W
    private let values: Values
    private let depth: Int
    private let verify: Bool
    private let poller = Poller()
    /// Nanoseconds between a refusal and the next try.
    private static var rest: UInt64 { 10_000_000 }
    private let connections: UnsafeMutableBufferPointer<Connection>

    init(endpoint: Endpoint, wire: W, values: Values, connections count: Int, depth: Int, verify: Bool) {
        self.wire = wire
        self.values = values
        self.depth = depth
        self.verify = verify
        connections = .allocate(capacity: count)
        for index in 0..<count {
            let fd = Socket.connect(to: endpoint)
            Socket.makeNonBlocking(fd)
            (connections.baseAddress! + index).initialize(to: Connection(descriptor: fd, depth: depth))
            poller.add(fd, index: index)
        }
    }

    func close() {
        for connection in connections { connection.close() }
        connections.deallocate()
        poller.close()
    }

    /// Runs the workload to its end, or stops handing out requests after `maxSeconds` or at SIGTERM.
    func run<L: Workload>(_ workload: inout L, rate: Double?, maxSeconds: Double?, title: String?) -> Tally {
        var tally = Tally()
        var pacer = Pacer(perSecond: rate)
        var progress = Progress(title: title ?? "", total: title == nil ? 0 : workload.total)
        var idle = Array((0..<connections.count).reversed())
        var resting: [(index: Int, until: UInt64)] = []
        var busy = 0
        var turns = 0
        let start = Clock.now()
        let deadline = maxSeconds.map { start + UInt64($0 * 1e9) } ?? UInt64.max
        var isOpen = true
        var isOver = false

        while true {
            while let next = resting.first, isOver || next.until <= Clock.now() {
                resting.removeFirst()
                if askAgain(next.index, &workload, &tally, isOver: isOver, refill: isOpen && !pacer.isPaced) {
                    continue
                }
                idle.append(next.index)
                busy -= 1
            }
            while isOpen, let index = idle.last, pacer.take(depth) {
                guard startBatch(index, &workload, isOpen: true) else {
                    isOpen = false
                    break
                }
                idle.removeLast()
                busy += 1
            }
            if busy == 0 {
                if !isOpen { break }
                Clock.sleep(nanoseconds: 50_000)
            }
            let mayWait = !pacer.isPaced || !isOpen || idle.isEmpty
            let events = poller.wait(milliseconds: busy == 0 || !mayWait ? 0 : resting.isEmpty ? 1000 : 5)
            if events == 0 && !mayWait { Clock.sleep(nanoseconds: 50_000) }

            for position in 0..<events {
                let event = poller.event(position)
                if event.writable { flush(event.index) }
                guard event.readable, receive(event.index, &workload, &tally) else { continue }
                if connections[event.index].wasRefused {
                    connections[event.index].wasRefused = false
                    resting.append((event.index, Clock.now() + Driver.rest))
                    continue
                }
                let refill = isOpen && !pacer.isPaced
                if !startBatch(event.index, &workload, isOpen: refill) {
                    if refill { isOpen = false }
                    idle.append(event.index)
                    busy -= 1
                }
            }

            if Ending.isAsked { isOver = true }
            if isOver { isOpen = false }
            turns &+= 1
            if turns & 255 == 0 {
                if Clock.now() > deadline { isOver = true }
                progress.update(workload.position, note: Driver.note(tally, since: start))
            }
        }
        tally.nanoseconds = Clock.now() - start
        progress.finish()
        return tally
    }

    // MARK: One connection

    /// Sends the next batch: what the last answers asked for, then more from the source if that is
    /// open. False when there was nothing to send.
    @inline(__always)
    private func startBatch<L: Workload>(_ index: Int, _ workload: inout L, isOpen: Bool) -> Bool {
        let connection = connections.baseAddress! + index
        var count = 0
        while count < connection.pointee.followUpCount {
            write(connection.pointee.followUps[count], connection)
            connection.pointee.batch[count] = connection.pointee.followUps[count]
            count += 1
        }
        connection.pointee.followUpCount = 0
        while isOpen, count < depth, let request = workload.next() {
            write(request, connection)
            connection.pointee.batch[count] = request
            count += 1
        }
        guard count > 0 else { return false }
        connection.pointee.batchCount = count
        connection.pointee.answered = 0
        connection.pointee.sentAt = Clock.now()
        flush(index)
        return true
    }

    @inline(__always)
    private func write(_ request: Request, _ connection: UnsafeMutablePointer<Connection>) {
        switch request.operation {
        case .get:
            let out = connection.pointee.output.reserve(wire.overhead)
            connection.pointee.output.wrote(wire.writeGet(request.key, to: out))
        case .put:
            let size = values.size(of: request.key)
            let out = connection.pointee.output.reserve(wire.overhead + size)
            connection.pointee.output.wrote(wire.writePut(request.key, size: size, values: values, to: out))
        }
    }

    /// Begins the batch after one in which something was refused, unless the time is over: false when there is none.
    private func askAgain<L: Workload>(
        _ index: Int, _ workload: inout L, _ tally: inout Tally, isOver: Bool, refill: Bool
    ) -> Bool {
        if isOver { connections[index].followUpCount = 0 }
        tally.askedAgain += connections[index].followUpCount
        return startBatch(index, &workload, isOpen: refill)
    }

    /// Writes what there is; asks epoll for the rest when the socket is full.
    @inline(__always)
    private func flush(_ index: Int) {
        let connection = connections.baseAddress! + index
        while connection.pointee.output.count > 0 {
            let sent = send(
                connection.pointee.descriptor, connection.pointee.output.head,
                connection.pointee.output.count, Int32(MSG_NOSIGNAL))
            if sent < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN else { failErrno("send") }
                if !connection.pointee.wantsWrite {
                    connection.pointee.wantsWrite = true
                    poller.change(connection.pointee.descriptor, index: index, wantsWrite: true)
                }
                return
            }
            connection.pointee.output.consume(sent)
        }
        if connection.pointee.wantsWrite {
            connection.pointee.wantsWrite = false
            poller.change(connection.pointee.descriptor, index: index, wantsWrite: false)
        }
    }

    /// Reads and counts answers; true when the batch is complete.
    @inline(__always)
    private func receive<L: Workload>(_ index: Int, _ workload: inout L, _ tally: inout Tally) -> Bool {
        let connection = connections.baseAddress! + index
        let room = connection.pointee.input.reserve(Connection.readRoom)
        let count = recv(connection.pointee.descriptor, room, connection.pointee.input.free, 0)
        if count < 0 {
            if errno == EAGAIN || errno == EINTR { return false }
            failErrno("recv")
        }
        if count == 0 { fail("the server closed a connection after \(tally.requests) answers") }
        connection.pointee.input.wrote(count)
        let now = Clock.now()

        while connection.pointee.answered < connection.pointee.batchCount {
            let request = connection.pointee.batch[connection.pointee.answered]
            let bytes = UnsafePointer(connection.pointee.input.head)
            switch wire.parse(bytes, count: connection.pointee.input.count, asked: request.operation) {
            case .incomplete: return false
            case .nonsense(let what): fail("the server sent \(what)")
            case .complete(let answer, let consumed):
                tally.count(answer, of: request, after: now - connection.pointee.sentAt)
                check(answer, of: request, bytes, consumed, &tally)
                if let followUp = workload.answered(request, answer) {
                    connection.pointee.followUps[connection.pointee.followUpCount] = followUp
                    connection.pointee.followUpCount += 1
                    if case .refused = answer { connection.pointee.wasRefused = true }
                }
                connection.pointee.input.consume(consumed)
                connection.pointee.answered += 1
            }
        }
        return true
    }

    @inline(__always)
    private func check(
        _ answer: Answer, of request: Request, _ bytes: UnsafePointer<UInt8>, _ count: Int, _ tally: inout Tally
    ) {
        switch answer {
        case .hit(let offset, let size):
            if verify, !values.matches(request.key, bytes + offset, count: size) { tally.mismatches += 1 }
        case .refused:
            if tally.firstRefusal == nil {
                tally.firstRefusal = String(
                    decoding: UnsafeBufferPointer(start: bytes, count: min(count, 200)), as: UTF8.self)
            }
        case .miss, .stored: break
        }
    }

    private static func note(_ tally: Tally, since start: UInt64) -> String {
        let perSecond = Double(tally.requests) / (Double(Clock.now() - start) / 1e9)
        return "\(Int(perSecond)) requests/s, hits \(Format.percent(tally.hitRatio))"
    }
}
