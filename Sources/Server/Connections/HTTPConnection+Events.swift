import API
import Bytes
import HTTP1
import Reactor

/// What a connection does while it is given events.
extension HTTPConnection {
    /// A request opened a stream: it is taken from here by its own rules. Nothing more is read from the client.
    func subscribe(_ plan: EventStreamPlan, minorVersion: Int, keepsAlive: Bool, _ response: inout ResponseWriter) {
        requestStartedAt = 0
        phase = .events
        let stream = EventStream(plan, on: self, minorVersion: minorVersion, keepsAlive: keepsAlive)
        self.stream = stream
        stream.begin(&response)
        worker.touch(stream)
    }

    /// A poll was answered: the next request may follow.
    func pollAnswered(keepsAlive: Bool) {
        stream = nil
        phase = keepsAlive ? .head(HeadScanner()) : .closing
        requestStartedAt = input.isEmpty ? 0 : worker.loop.now
        flush(&worker.response)
        if isOpen { settle() }
    }
}
