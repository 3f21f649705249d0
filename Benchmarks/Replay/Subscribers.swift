import Glibc

/// Opens streams of server-sent events, publishes to them, and counts what arrives.
///
/// An event's payload begins with a tilde, which nothing else in a stream has: counting tildes counts deliveries,
/// whatever envelope a server puts around the payload.
struct Subscribers {
    let endpoint: Endpoint
    let count: Int
    let subscribePath: String
    let publishPath: String
    let payload: Int
    /// Events under way at a time; with 1 each has reached everybody before the next is published.
    let window: Int

    func run(events: Int, server: ServerProcess?) -> Report {
        IdleConnections.allowDescriptors(count + 64)
        let before = server?.residentBytes() ?? 0
        let streams = open()
        Clock.sleep(nanoseconds: 1_500_000_000)
        let resident = server?.residentBytes() ?? 0
        let poller = Poller()
        for index in streams.indices {
            Socket.makeNonBlocking(streams[index])
            poller.add(streams[index], index: index)
        }
        let publisher = Socket.connect(to: endpoint)
        Socket.makeNonBlocking(publisher)
        poller.add(publisher, index: count)

        var cost = server.map { Cost(of: $0) }
        var pump = Pump(streams: streams, publisher: publisher, request: request(), window: window)
        let start = Clock.now()
        pump.run(events: events, poller)
        let seconds = Double(Clock.now() - start) / 1e9
        cost?.stop()
        for fd in streams + [publisher] { close(fd) }

        var report = Report()
        report.add("subscribers", count)
        report.add("events", events)
        report.add("deliveries", pump.deliveries)
        report.add("seconds", seconds, unit: "s")
        report.add("deliveries_per_second", Double(pump.deliveries) / seconds)
        report.add("last_", pump.lastDelay)
        report.add("any_", pump.anyDelay)
        report.add("bytes_per_subscriber", Double(resident - before) / Double(count), unit: "bytes")
        cost?.write(requests: pump.deliveries, to: &report)
        return report
    }

    private func request() -> [UInt8] {
        let body = "~" + String(repeating: "x", count: max(0, payload - 1))
        return Array(
            """
            POST \(publishPath) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nContent-Type: text/plain\r\n\
            Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """.utf8)
    }

    /// Opens every stream and waits for its head, so that nobody misses the first event.
    private func open() -> [Int32] {
        let head = Array(
            "GET \(subscribePath) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nAccept: text/event-stream\r\n\r\n".utf8)
        var streams: [Int32] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        for index in 0..<count {
            let fd = Socket.connect(to: endpoint)
            guard write(fd, head, head.count) == head.count else { failErrno("write") }
            streams.append(fd)
            if index % 100 == 99 { Clock.sleep(nanoseconds: 1_000_000) }
        }
        for fd in streams {
            Socket.setReadTimeout(fd, seconds: 10)
            let got = read(fd, &buffer, buffer.count)
            guard got > 12, buffer[9] == UInt8(ascii: "2") else { fail("a stream was not opened") }
        }
        return streams
    }
}

/// Publishes and reads, in one thread.
private struct Pump {
    let streams: [Int32]
    let publisher: Int32
    let request: [UInt8]
    let window: Int

    private(set) var deliveries = 0
    private(set) var lastDelay = Histogram()
    private(set) var anyDelay = Histogram()
    private var published = 0
    private var answered = 0
    private var publishedAt: UInt64 = 0
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)

    init(streams: [Int32], publisher: Int32, request: [UInt8], window: Int) {
        self.streams = streams
        self.publisher = publisher
        self.request = request
        self.window = window
    }

    mutating func run(events: Int, _ poller: Poller) {
        let deadline = Clock.now() + 240_000_000_000
        while deliveries < events * streams.count {
            while published < events, published == answered,
                published * streams.count - deliveries <= (window - 1) * streams.count
            {
                publishedAt = Clock.now()
                guard write(publisher, request, request.count) == request.count else { failErrno("write") }
                published += 1
                if window > 1 { break }
            }
            for position in 0..<poller.wait(milliseconds: 1000) {
                let index = poller.event(position).index
                if index == streams.count { readAnswers() } else { readStream(index) }
            }
            if Clock.now() > deadline { fail("only \(deliveries) of \(events * streams.count) events arrived") }
        }
    }

    private mutating func readAnswers() {
        let got = read(publisher, &buffer, buffer.count)
        guard got > 12 else { fail("the publisher's connection ended") }
        guard buffer[9] == UInt8(ascii: "2") else { fail("a publication was refused") }
        // One request is under way at a time, so what comes is its answer.
        answered += 1
    }

    private mutating func readStream(_ index: Int) {
        let got = read(streams[index], &buffer, buffer.count)
        if got < 0 && errno == EAGAIN { return }
        guard got > 0 else { fail("a stream ended after \(deliveries) deliveries") }
        var found = 0
        for at in 0..<got where buffer[at] == UInt8(ascii: "~") { found += 1 }
        deliveries += found
        guard window == 1, found > 0 else { return }
        let delay = Clock.now() - publishedAt
        anyDelay.record(delay)
        if deliveries == published * streams.count { lastDelay.record(delay) }
    }
}
