import Bytes
import CacheModel

@testable import CacheEngine

/// What a command about sessions said.
struct SessionAnswer: Equatable {
    var outcome: Outcome
    var refusal: SessionRefusal?
    var entry: EntryInfo
    var written: Position
    var horizon: Position
    var isRotated: Bool
    var revoked: Int
    var handle: SessionHandle?
    var seen: SeenSession?
    var detail: String
    var rows: [SeenSession] = []
    var next: SessionHandle?
    var nextCursor: UInt64?

    init(_ reply: borrowing Reply) {
        outcome = reply.outcome
        refusal = reply.session.refusal
        entry = reply.entry
        written = reply.written
        horizon = reply.horizon
        isRotated = reply.session.isRotated
        revoked = reply.session.revoked
        handle = reply.session.handle
        detail = String(decoding: reply.valueBytes.array, as: UTF8.self)
        seen = SeenSession(reply.fields.readable, data: detail)
        next = reply.session.next
        nextCursor = reply.nextCursor
        for row in reply.rows {
            let data = String(decoding: reply.bytes.readable.extracting(row.value).array, as: UTF8.self)
            if let session = SeenSession(reply.bytes.readable.extracting(row.fields), data: data) {
                rows.append(session)
            }
        }
    }

    var end: SessionEnd? { if case .gone(let end, _) = refusal { end } else { nil } }
    var patchFailure: SessionPatchFailure? { if case .patch(let failure) = refusal { failure } else { nil } }
}

/// A live session as an answer shows it.
struct SeenSession: Equatable {
    var handle: SessionHandle
    var createdAt: Instant
    var seenAt: Instant
    var user: String
    var attributes: [String: String] = [:]
    var meta: String
    var data: String

    init?(_ stored: Span<UInt8>, data: String) {
        guard let head = SessionHead(stored) else { return nil }
        func text(_ slice: ByteSlice) -> String { String(decoding: stored.extracting(slice).array, as: UTF8.self) }
        handle = head.handle
        createdAt = head.createdAt
        seenAt = head.seenAt
        user = text(head.user)
        meta = text(head.meta)
        self.data = data
        for attribute in head.attributes { attributes[text(attribute.name)] = text(attribute.value) }
    }
}

/// A session that is to begin, in test spelling.
struct Beginning {
    var user = ""
    var data = "{}"
    var meta = "{}"
    var index: [(String, String)] = []
    var idle: Int64 = 0
    var max: Int64 = 30 * 24 * 3600 * 1000
    var cap: SessionCap?
}

extension SessionDigest {
    /// The digest of an id in test spelling: no SHA-256, but as spread.
    static func of(_ id: String) -> SessionDigest {
        var random = SplitMix64(seed: id.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        return SessionDigest(words: [random.next(), random.next(), random.next(), random.next()])
    }
}

extension SessionHandle {
    static func of(_ name: String) -> SessionHandle {
        let digest = SessionDigest.of("handle of " + name)
        return SessionHandle(first: digest.words[0], second: digest.words[1])
    }
}

extension Cache {
    /// Begins the session `id`, whose handle is that of the same name.
    @discardableResult
    func begin(_ id: String, _ beginning: Beginning = Beginning()) -> SessionAnswer {
        Self.begin(id, beginning, in: engine, at: now)
    }

    static func begin(
        _ id: String, _ beginning: Beginning = Beginning(), in engine: EmbeddedEngine, at now: Instant
    ) -> SessionAnswer {
        var bytes: [UInt8] = []
        func slice(_ text: String) -> ByteSlice {
            defer { bytes += Array(text.utf8) }
            return ByteSlice(start: bytes.count, count: text.utf8.count)
        }
        let attributes = beginning.index.map { SessionAttribute(name: slice($0.0), value: slice($0.1)) }
        let (user, data, meta) = (Array(beginning.user.utf8), Array(beginning.data.utf8), Array(beginning.meta.utf8))
        let creation = SessionCreation(
            digest: .of(id), handle: .of(id), user: user.span, data: data.span, meta: meta.span,
            attributes: attributes, bytes: bytes.span, idle: beginning.idle,
            expiresAt: now.advanced(byMilliseconds: beginning.max), cap: beginning.cap)
        return run(.sessionCreation(creation), in: engine, at: now)
    }

    @discardableResult
    func session(
        _ id: String, _ action: SessionAction = .read(slides: true, wantsData: true), _ text: String = "",
        ifMatch: Position? = nil
    ) -> SessionAnswer {
        Self.session(.secret(.of(id)), action, text, ifMatch: ifMatch, in: engine, at: now)
    }

    @discardableResult
    func session(
        handle name: String, _ action: SessionAction = .read(slides: false, wantsData: true), _ text: String = ""
    ) -> SessionAnswer {
        Self.session(.handle(.of(name)), action, text, in: engine, at: now)
    }

    static func session(
        _ name: SessionName, _ action: SessionAction, _ text: String = "", ifMatch: Position? = nil,
        in engine: EmbeddedEngine, at now: Instant
    ) -> SessionAnswer {
        let text = Array(text.utf8)
        let tags = ifMatch.map { [$0] } ?? []
        let precondition = Precondition(
            ifMatch: tags.isEmpty ? .absent : .oneOf(tags.span), ifNoneMatch: .absent, ifUnmodifiedSince: nil)
        let command = SessionCommand(name: name, action: action, text: text.span, precondition: precondition)
        return run(.session(command), in: engine, at: now)
    }

    @discardableResult
    func rotate(
        _ id: String, to next: String, grace: Int64 = 0, user: String? = nil, data: String? = nil,
        cap: SessionCap? = nil
    ) -> SessionAnswer {
        Self.rotate(id, to: next, grace: grace, user: user, data: data, cap: cap, in: engine, at: now)
    }

    static func rotate(
        _ id: String, to next: String, grace: Int64 = 0, user: String? = nil, data: String? = nil,
        cap: SessionCap? = nil, in engine: EmbeddedEngine, at now: Instant
    ) -> SessionAnswer {
        let (userBytes, dataBytes) = (Array((user ?? "").utf8), Array((data ?? "").utf8))
        let rotation = SessionRotation(
            digest: .of(id), next: .of(next), grace: grace, user: user == nil ? nil : userBytes.span,
            data: data == nil ? nil : dataBytes.span, cap: cap, precondition: Precondition())
        return run(.sessionRotation(rotation), in: engine, at: now)
    }

    func sessions(of user: String, after: SessionHandle? = nil, limit: Int = 1000) -> SessionAnswer {
        list(.user(after: after), "", user, limit: limit)
    }

    static func sessions(of user: String, in engine: EmbeddedEngine, at now: Instant) -> SessionAnswer {
        let user = Array(user.utf8)
        let list = SessionList(
            selection: .user(after: nil), name: Span<UInt8>(), value: user.span, limit: 1000, wantsData: false)
        return run(.sessionList(list), in: engine, at: now)
    }

    func sessions(where name: String, _ value: String, after: SessionHandle? = nil, limit: Int = 1000)
        -> SessionAnswer
    {
        list(.attribute(after: after), name, value, limit: limit)
    }

    /// All live sessions, page by page.
    func allSessions(limit: Int = 7) -> [SeenSession] {
        var rows: [SeenSession] = []
        var page = sessions(limit: limit)
        while true {
            rows += page.rows
            guard page.nextCursor != nil else { return rows }
            page = sessions(behind: page, limit: limit)
        }
    }

    /// One page of all sessions.
    func sessions(behind page: SessionAnswer? = nil, limit: Int) -> SessionAnswer {
        list(.all(cursor: page?.nextCursor, after: page?.next), "", "", limit: limit)
    }

    private func list(_ selection: SessionSelection, _ name: String, _ value: String, limit: Int) -> SessionAnswer {
        let (name, value) = (Array(name.utf8), Array(value.utf8))
        let list = SessionList(
            selection: selection, name: name.span, value: value.span, limit: limit, wantsData: true)
        return Self.run(.sessionList(list), in: engine, at: now)
    }

    @discardableResult
    func revoke(_ user: String, except: SessionName? = nil) -> SessionAnswer {
        Self.revoke(user, except: except, in: engine, at: now)
    }

    static func revoke(
        _ user: String, except: SessionName? = nil, in engine: EmbeddedEngine, at now: Instant
    ) -> SessionAnswer {
        let user = Array(user.utf8)
        return run(.sessionRevocation(SessionRevocation(user: user.span, except: except)), in: engine, at: now)
    }

    private static func run(
        _ command: borrowing Command, in engine: EmbeddedEngine, at now: Instant
    ) -> SessionAnswer {
        var reply = Reply()
        _ = engine.execute(command, at: now, ticket: Ticket(packed: 0), reply: &reply)
        return SessionAnswer(reply)
    }
}
