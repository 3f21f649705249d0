import API
import CacheModel
import PubSub
import Reactor
import Synchronization

/// Carries what happens to sessions from the engine, where a lock is held, to the topic `$sessions`: the first loop
/// publishes it in its next turn.
final class SessionNews: SessionListener {
    private let waiting = Mutex<[SessionEvent]>([])
    private let mailbox: Mailbox

    init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    func happened(_ event: SessionEvent) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(event)
            return waiting.count == 1
        }
        if isFirst { mailbox.deliver(ControlWord.sessions) }
    }

    /// Publishes what has happened since; from the loop of the mailbox.
    func publish(to hub: Hub, at now: Instant, own: Int) {
        let events = waiting.withLock { waiting in
            let events = waiting
            waiting = []
            return events
        }
        for event in events { SessionAnnouncement.publish(event, to: hub, at: now, own: own) }
    }
}
