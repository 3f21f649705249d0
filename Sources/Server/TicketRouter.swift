import CacheModel
import Reactor

/// Brings a ticket to the mailbox of the loop it names.
struct TicketRouter: CompletionSink {
    let mailboxes: [Mailbox]

    func deliver(_ ticket: Ticket) {
        guard ticket.loop < mailboxes.count else { return }
        mailboxes[ticket.loop].deliver(ticket.packed)
    }
}
