import Bytes
import CacheModel
import Synchronization

/// A topic's name, shared by all its events.
package final class TopicName: Sendable {
    package let bytes: [UInt8]
    let hash: UInt64

    package init(_ bytes: Span<UInt8>) {
        self.bytes = bytes.copied()
        hash = bytes.processHash
    }

    /// Whose topic it is, as an index: a client's, or with a name that begins with `$` the server's own.
    var owner: Int { bytes.first == UInt8(ascii: "$") ? 1 : 0 }

    func isSpelt(_ other: Span<UInt8>) -> Bool {
        let bytes = bytes
        return bytes.span.equals(other)
    }
}

/// One published event. Immutable but for its encoded forms, which are made once, by the first loop that needs them,
/// shared by all subscribers, and forgotten when the last loop has handed the event out.
package final class Event: Sendable {
    package enum Kind: UInt8, Sendable {
        case message
        /// Of a member: see ``Hub/enter(_:)``.
        case join, leave, timeout
    }

    package let topic: TopicName
    package let cursor: Cursor
    package let at: Instant
    package let kind: Kind
    /// Whether a history holds it: who is behind will find it there.
    let isKept: Bool
    /// When it is no longer given to those who come later.
    let expiresAt: Instant
    /// Event name, key, media type and payload behind each other.
    private let storage: SharedBytes
    private let nameCount: Int32
    private let keyCount: Int32
    private let typeCount: Int32
    private let forms = Mutex<Forms>(Forms())

    private struct Forms {
        var encoded: [EncodedEvent?] = []
        /// Loops that have not handed the event out yet.
        var loopsLeft = 0
    }

    convenience init(
        _ publication: borrowing Publication, topic: TopicName, storage: SharedBytes, kind: Kind, cursor: Cursor,
        at: Instant, isKept: Bool
    ) {
        self.init(
            topic: topic, storage: storage, kind: kind, cursor: cursor, at: at, isKept: isKept,
            expiresAt: publication.timeToLive > 0 ? at.advanced(byMilliseconds: publication.timeToLive) : .never,
            counts: (publication.event.count, publication.key.count, publication.type.count))
    }

    /// - Parameter counts: the bytes of name, key and type at the start of `storage`.
    init(
        topic: TopicName, storage: SharedBytes, kind: Kind, cursor: Cursor, at: Instant, isKept: Bool,
        expiresAt: Instant, counts: (name: Int, key: Int, type: Int)
    ) {
        self.topic = topic
        self.storage = storage
        self.kind = kind
        self.cursor = cursor
        self.at = at
        self.isKept = isKept
        self.expiresAt = expiresAt
        nameCount = Int32(counts.name)
        keyCount = Int32(counts.key)
        typeCount = Int32(counts.type)
    }

    /// What an event is made of, copied together once, before the hub is locked.
    static func storage(of publication: borrowing Publication) -> SharedBytes {
        if publication.event.isEmpty && publication.key.isEmpty && publication.type.isEmpty {
            return SharedBytes.make(publication.payload)
        }
        var head = IOBuffer(capacity: publication.event.count + publication.key.count + publication.type.count)
        head.append(publication.event)
        head.append(publication.key)
        head.append(publication.type)
        return SharedBytes.make(head.readable, publication.payload)
    }

    package var number: UInt64 { cursor.number }
    /// The name; empty for an event without one.
    package var name: Range<Int> { 0..<Int(nameCount) }
    package var key: Range<Int> { Int(nameCount)..<(Int(nameCount) + Int(keyCount)) }
    package var type: Range<Int> { key.upperBound..<(key.upperBound + Int(typeCount)) }
    package var payload: Range<Int> { type.upperBound..<storage.count }
    /// What the ranges above lie in.
    package var bytes: SharedBytes { storage }

    /// What the event counts for in a history or a queue, in bytes.
    package var weight: Int { Self.weight(of: storage) }
    static func weight(of storage: SharedBytes) -> Int { storage.count + overhead }
    /// The objects around the bytes, about.
    private static let overhead = 192

    /// The encoded form with this number (0…7), made by `make` when nobody has needed it yet.
    package func encoded(_ form: Int, _ make: () -> EncodedEvent) -> EncodedEvent {
        forms.withLock { forms in
            while forms.encoded.count <= form { forms.encoded.append(nil) }
            if let there = forms.encoded[form] { return there }
            let made = make()
            forms.encoded[form] = made
            return made
        }
    }

    func willBeHandedOut(by loops: Int) { forms.withLock { $0.loopsLeft = loops } }

    /// A loop has handed the event to its subscribers. Behind the last one the encoded forms live in their queues only.
    package func handedOut() {
        forms.withLock { forms in
            forms.loopsLeft -= 1
            if forms.loopsLeft <= 0 { forms.encoded = [] }
        }
    }
}

/// An event as it is sent.
package struct EncodedEvent: Sendable {
    /// The whole, as a chunk of a chunked body.
    package let bytes: SharedBytes
    /// The same without the chunk's frame, for who reads to the end of the connection.
    package let unframed: ByteSlice

    package init(bytes: SharedBytes, unframed: ByteSlice) {
        self.bytes = bytes
        self.unframed = unframed
    }
}
