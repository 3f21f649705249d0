import PubSub
import Reactor

/// Tells a loop that the hub has events for it.
struct EventWaker: LoopWaker {
    let mailboxes: [Mailbox]

    func wake(_ loop: Int) { mailboxes[loop].deliver(ControlWord.events) }
}
