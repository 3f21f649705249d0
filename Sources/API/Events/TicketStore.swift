import Bytes
import CacheModel
import Crypto
import PubSub
import Synchronization

/// Tickets that were issued and not used yet: each opens one stream, once, without a token in the query.
///
/// Kept by their digest, so that nothing in memory opens a stream.
final class TicketStore: Sendable {
    struct Ticket: Sendable {
        var topics: [TopicName]
        var patterns: [Pattern]
        var credential: Credential
        var until: Instant
    }

    /// The longest life of a ticket, in milliseconds: from the answer to the page's next line.
    static let longest: Int64 = 30_000
    /// Tickets waiting at a time: some hundred bytes each.
    private static let most = 16_384

    private let tickets = Mutex<[Digest: Ticket]>([:])

    /// The ticket's text; nil when too many are waiting.
    func issue(_ ticket: Ticket, at now: Instant) -> [UInt8]? {
        var text = IOBuffer()
        Base64.encode(SecureRandom.bytes(24).span, .url, into: &text)
        let digest = SHA256.digest(text.readable)
        let isIssued = tickets.withLock { tickets in
            if tickets.count >= Self.most { tickets = tickets.filter { $0.value.until > now } }
            guard tickets.count < Self.most else { return false }
            tickets[digest] = ticket
            return true
        }
        return isIssued ? text.readable.copied() : nil
    }

    /// Takes a ticket out; nil for one that was used, has ended or never was.
    func redeem(_ text: Span<UInt8>, at now: Instant) -> Ticket? {
        let digest = SHA256.digest(text)
        guard let ticket = tickets.withLock({ $0.removeValue(forKey: digest) }), ticket.until > now else { return nil }
        return ticket
    }
}
