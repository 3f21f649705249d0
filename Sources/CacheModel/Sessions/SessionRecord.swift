import Bytes

/// What is stored of a session beside its data: the fields of its entry, whose value is the data as JSON text.
///
/// ```
/// live     0 │ handle 16 │ created 8 │ seen 8 │ user 2 + n │ attributes: count 1, each name 1 + n, value 1 + n │ meta
/// ended    1…5 (SessionEnd) │ handle 16 │ at 8 │ end of grace 8, where it was rotated
/// ```
/// Numbers are little endian, instants milliseconds since 1970; a user of 0 bytes is none; `meta` is JSON text to the
/// end, empty for `{}`. `max` and `idle` are the entry's lifetime. The record of an ended session is never longer than
/// that of a live one: an end always has room.
public enum SessionRecord: Sendable, Equatable {
    case live(SessionHead)
    case ended(EndedSession)

    /// Nil for what this version did not write.
    public init?(_ stored: Span<UInt8>) {
        guard stored.count >= 25 else { return nil }
        if stored[0] == 0 {
            guard let head = SessionHead(stored) else { return nil }
            self = .live(head)
        } else {
            guard let ended = EndedSession(stored) else { return nil }
            self = .ended(ended)
        }
    }
}

/// A live session's head; its slices lie in the stored form.
public struct SessionHead: Sendable, Equatable {
    /// Where the user's length stands: all that the indexes know of a session begins here.
    static let userOffset = 33
    /// Where ``seenAt`` stands in a stored head.
    public static let seenOffset = 25

    public var handle: SessionHandle
    public var createdAt: Instant
    /// When it was last read or changed; see ``SessionReply/seenResolution``.
    public var seenAt: Instant
    /// Empty for a session without a user.
    public var user: ByteSlice
    public var attributes: [SessionAttribute]
    /// JSON text of an object, empty for `{}`.
    public var meta: ByteSlice
    /// User and attributes as they are stored.
    public var indexed: ByteSlice

    public init?(_ stored: Span<UInt8>) {
        guard Self.isLive(stored) else { return nil }
        handle = SessionHandle(stored.extracting(1..<17))
        createdAt = Instant(milliseconds: stored.loadLittleEndian(Int64.self, at: 17))
        seenAt = Instant(milliseconds: stored.loadLittleEndian(Int64.self, at: 25))
        let userCount = Int(stored.loadLittleEndian(UInt16.self, at: Self.userOffset))
        user = ByteSlice(start: Self.userOffset + 2, count: userCount)
        var offset = Self.userOffset + 2 + userCount
        guard offset < stored.count else { return nil }
        let count = Int(stored[offset])
        guard count <= Limits.sessionAttributes else { return nil }
        offset += 1
        attributes = []
        for _ in 0..<count {
            guard let name = Self.piece(stored, &offset), let value = Self.piece(stored, &offset) else { return nil }
            attributes.append(SessionAttribute(name: name, value: value))
        }
        indexed = ByteSlice(start: Self.userOffset, count: offset - Self.userOffset)
        meta = ByteSlice(start: offset, count: stored.count - offset)
    }

    /// Whether a stored form begins as that of a live session does, and has all of fixed length.
    public static func isLive(_ stored: Span<UInt8>) -> Bool { stored.count >= userOffset + 3 && stored[0] == 0 }

    private static func piece(_ stored: Span<UInt8>, _ offset: inout Int) -> ByteSlice? {
        guard offset < stored.count, offset + 1 + Int(stored[offset]) <= stored.count else { return nil }
        let slice = ByteSlice(start: offset + 1, count: Int(stored[offset]))
        offset = slice.end
        return slice
    }

    /// Writes a head.
    /// - Parameters:
    ///   - user: at most ``Limits/keyBytes``, empty for none.
    ///   - attributes: at most ``Limits/sessionAttributes``, of sizes within their limits; more traps.
    public static func append(
        _ handle: SessionHandle, createdAt: Instant, seenAt: Instant, user: Span<UInt8>,
        attributes: [SessionAttribute], in bytes: Span<UInt8>, meta: Span<UInt8>, to buffer: inout IOBuffer
    ) {
        precondition(user.count <= Limits.keyBytes && attributes.count <= Limits.sessionAttributes)
        buffer.append(0)
        handle.append(to: &buffer)
        buffer.append(littleEndian: createdAt.milliseconds)
        buffer.append(littleEndian: seenAt.milliseconds)
        buffer.append(littleEndian: UInt16(user.count))
        buffer.append(user)
        buffer.append(UInt8(attributes.count))
        for attribute in attributes {
            buffer.append(UInt8(attribute.name.count))
            buffer.append(bytes.extracting(attribute.name))
            buffer.append(UInt8(attribute.value.count))
            buffer.append(bytes.extracting(attribute.value))
        }
        if !meta.equals("{}") { buffer.append(meta) }
    }
}

/// Something a session can be found by; slices lie in bytes beside it.
public struct SessionAttribute: Sendable, Equatable {
    /// 1 to ``Limits/sessionAttributeNameBytes``, each name once.
    public var name: ByteSlice
    /// 0 to ``Limits/sessionAttributeValueBytes``.
    public var value: ByteSlice

    public init(name: ByteSlice, value: ByteSlice) {
        self.name = name
        self.value = value
    }
}

/// What is remembered of a session that is no more.
public struct EndedSession: Sendable, Equatable {
    public var end: SessionEnd
    public var handle: SessionHandle
    public var at: Instant
    /// Until when a replaced id still reads; `at` where it is no other end.
    public var graceEnd: Instant

    public init(_ end: SessionEnd, _ handle: SessionHandle, at: Instant, graceEnd: Instant? = nil) {
        self.end = end
        self.handle = handle
        self.at = at
        self.graceEnd = graceEnd ?? at
    }

    public init?(_ stored: Span<UInt8>) {
        guard stored.count >= 25, let end = SessionEnd(rawValue: stored[0]) else { return nil }
        guard stored.count == (end == .rotated ? 33 : 25) else { return nil }
        self.end = end
        handle = SessionHandle(stored.extracting(1..<17))
        at = Instant(milliseconds: stored.loadLittleEndian(Int64.self, at: 17))
        graceEnd = end == .rotated ? Instant(milliseconds: stored.loadLittleEndian(Int64.self, at: 25)) : at
    }

    public func append(to buffer: inout IOBuffer) {
        buffer.append(end.rawValue)
        handle.append(to: &buffer)
        buffer.append(littleEndian: at.milliseconds)
        if end == .rotated { buffer.append(littleEndian: graceEnd.milliseconds) }
    }
}
