import Bytes
import Posix
import Testing

@testable import Reactor

@Suite struct TimerWheelTests {
    @Test func `every entry fires once, never early and at most a tick late`() {
        var wheel = TimerWheel(now: 1_000)
        var fired: [UInt64: Int64] = [:]
        var due: [UInt64: Int64] = [:]
        for token in UInt64(0)..<500 {
            due[token] = 1_000 + Int64(token) * 13
            wheel.schedule(token, at: due[token]!)
        }
        var now: Int64 = 1_000
        while now < 9_000 {
            now += 7
            while let entries = wheel.takeNext(now: now) {
                for entry in entries {
                    #expect(fired[entry.token] == nil)
                    fired[entry.token] = now
                }
            }
        }
        #expect(fired.count == 500)
        for (token, time) in fired {
            #expect(time >= due[token]! && time <= due[token]! + TimerWheel.tick + 7)
        }
    }

    @Test func `the delay to the next entry is bounded by what is asked`() {
        var wheel = TimerWheel(now: 0)
        #expect(wheel.nextDelay(now: 0, limit: 100) == 100)
        wheel.schedule(1, at: 50)
        let delay = wheel.nextDelay(now: 0, limit: 100)
        #expect(delay >= 50 && delay <= 50 + TimerWheel.tick)
    }
}

@Suite struct MailboxTests {
    @Test func `all words arrive in order from one thread, and the loop is woken once a burst`() throws {
        let mailbox = try Mailbox()
        for word in UInt64(0)..<1_000 { mailbox.deliver(word) }
        #expect(mailbox.takeAll() == Array(0..<1_000))
        #expect(mailbox.takeAll().isEmpty)
    }

    @Test func `words from many threads are neither lost nor doubled`() throws {
        let mailbox = try Mailbox()
        var threads: [UInt64] = []
        let count: UInt64 = 4
        do {
            let first = try Thread(name: "a") { for word in 0..<UInt64(5_000) { mailbox.deliver(word * 4) } }
            let second = try Thread(name: "b") { for word in 0..<UInt64(5_000) { mailbox.deliver(word * 4 + 1) } }
            first.join()
            second.join()
        }
        threads = mailbox.takeAll()
        #expect(Set(threads).count == 10_000)
        #expect(threads.filter { $0 % count == 0 } == (0..<5_000).map { UInt64($0) * 4 })
    }
}

private final class Recorder: EventLoop.Owner {
    func turnBegan() {}
    var words: [UInt64] = []
    var loop: EventLoop?
    func received(_ word: UInt64) {
        words.append(word)
        if word == 99 { loop?.stop() }
    }
    func upkeep() -> Int64 { 10 }
    func turnEnds() {}
    func turnEnded(busy: Int64) {}
}

@Suite struct EventLoopTests {
    @Test(.timeLimit(.minutes(10))) func `a word from another thread wakes a waiting loop`() throws {
        let mailbox = try Mailbox()
        let loop = try EventLoop(mailbox: mailbox)
        let recorder = Recorder()
        recorder.loop = loop
        let thread = try Thread(name: "sender") {
            Thread.sleep(milliseconds: 30)
            mailbox.deliver(7)
            mailbox.deliver(99)
        }
        loop.run(owner: recorder)
        thread.join()
        #expect(recorder.words == [7, 99])
    }
}

/// Comes back a number of times; where a turn waited, it would be for the hour until the next upkeep.
private final class Returning: EventLoop.Owner {
    let loop: EventLoop
    private(set) var turns = 0
    init(_ loop: EventLoop) { self.loop = loop }
    func turnBegan() {}
    func received(_ word: UInt64) {}
    func upkeep() -> Int64 { 3_600_000 }
    func turnEnds() {
        turns += 1
        if turns == 50 { loop.stop() } else { loop.comeBack() }
    }
    func turnEnded(busy: Int64) {}
}

extension EventLoopTests {
    @Test(.timeLimit(.minutes(10))) func `a loop that has more to do waits for nothing`() throws {
        let loop = try EventLoop(mailbox: try Mailbox())
        let owner = Returning(loop)
        loop.run(owner: owner)
        #expect(owner.turns == 50)
    }
}

@Suite struct OutputQueueTests {
    @Test(.timeLimit(.minutes(10))) func `own bytes and shared parts leave in order through a slow reader`() throws {
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: 0, forListening: true)
        let listener = try ListeningSocket.listen(on: address, shared: false, stallTimeout: 30_000)
        let client = try StreamSocket.connect(to: try listener.localAddress(), timeoutMilliseconds: 5_000)
        guard case .connection(let server, _) = listener.accept() else {
            Issue.record("no connection")
            return
        }
        var queue = OutputQueue()
        var expected: [UInt8] = []
        for round in 0..<40 {
            let own = [UInt8](repeating: UInt8(round), count: 1_000)
            let large = [UInt8](repeating: UInt8(round) ^ 0xFF, count: 100_000)
            queue.append(own.span)
            queue.append(SharedBytes.make(large.span), 10..<99_000)
            expected += own + large[10..<99_000]
        }
        let queued = queue.count
        #expect(queued == expected.count)
        var received = IOBuffer()
        while received.count < expected.count {
            _ = queue.flush(to: server)
            _ = client.receive(into: &received, minimum: 70_000)
        }
        let isEmpty = queue.isEmpty
        #expect(isEmpty)
        #expect(received.readable.copied() == expected)
    }
}
