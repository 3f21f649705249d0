import Bytes
import CacheModel

/// What is done with many sessions.
extension EmbeddedEngine {
    /// Gives a session by its handle, if it lives, to `body` while it is locked.
    func lookUp(
        _ handle: SessionHandle, _ now: Instant, _ reply: inout Reply,
        _ body: (Entry, SessionHead, SessionDigest) -> Void
    ) {
        var last: SessionDigest?
        while let digest = digest(of: handle, now, &reply), digest != last {
            reply.workspace.keys.removeAll()
            let target = sessionKey(digest, in: &reply.workspace)
            let shard = shards[target.shard]
            shard.lock.lock()
            defer { shard.lock.unlock() }
            guard let entry = shard.state.pointee.findVisible(target.key, target.hash, now)?.entry else { return }
            reply.reveal(
                max(entry.position, shard.state.pointee.lastFirm), late: shard.state.pointee.lastUntagged)
            switch SessionRecord(entry.fields.span) {
            case .live(let head): return body(entry, head, digest)
            case .ended(let ended) where ended.end == .rotated: last = digest
            case .ended, nil: return
            }
        }
    }

    // MARK: Revoking

    func sessionRevocation(_ command: SessionRevocation, _ now: Instant, _ reply: inout Reply) {
        var except: SessionHandle?
        switch command.except {
        case nil: break
        case .handle(let handle): except = handle
        case .secret(let digest):
            guard let handle = liveHandle(of: digest, now, &reply) else { return }
            except = handle
        }
        let group = SessionGroups.user(command.user, stateHasher)
        context.pointee.sessions.lockUser(group)
        let found = context.pointee.sessions.handles(of: group, after: nil, most: .max)
        reply.reveal(found.last)
        var revoked = 0
        for handle in found.handles where handle != except {
            if end(handle, .revoked, of: command.user, now, &reply) { revoked += 1 }
        }
        context.pointee.sessions.unlockUser(group)
        reply.clearSession()
        reply.session.refusal = nil
        reply.session.revoked = revoked
        reply.outcome = .deleted
    }

    /// Ends a session if it lives and is this user's; whether it did.
    func end(
        _ handle: SessionHandle, _ ending: SessionEnd, of user: Span<UInt8>, _ now: Instant, _ reply: inout Reply
    ) -> Bool {
        var last: SessionDigest?
        while let digest = digest(of: handle, now, &reply), digest != last {
            reply.workspace.keys.removeAll()
            let target = sessionKey(digest, in: &reply.workspace)
            change(target, by: SessionEnding(ending, user), now, &reply)
            switch reply.session.refusal {
            case .rotated, .gone(.rotated, _): last = digest
            default: return reply.session.refusal == nil
            }
        }
        return false
    }

    // MARK: Lists

    /// Sessions one page looks at, at most: many that are no more give short pages, not long pauses.
    private static let lookBudget = 10_000

    func sessionList(_ command: SessionList, _ now: Instant, _ reply: inout Reply) {
        reply.outcome = .page
        switch command.selection {
        case .all(let cursor, let after):
            listAll(command, TableCursor(packed: cursor ?? 0), after, now, &reply)
        case .user(let after): list(command, SessionGroups.user(command.value, stateHasher), after, now, &reply)
        case .attribute(let after):
            let group = SessionGroups.attribute(command.name, command.value, stateHasher)
            list(command, group, after, now, &reply)
        }
    }

    private func list(
        _ command: SessionList, _ group: UInt64, _ after: SessionHandle?, _ now: Instant,
        _ reply: inout Reply
    ) {
        var after = after
        var budget = Self.lookBudget
        while budget > 0 {
            let wanted = min(budget, max(1, command.limit - reply.rows.count))
            let found = context.pointee.sessions.handles(of: group, after: after, most: wanted)
            reply.reveal(found.last)
            for handle in found.handles { addRow(of: handle, command, now, &reply) }
            guard let last = found.handles.last, found.handles.count == wanted else { return }
            (after, budget) = (last, budget - wanted)
            if reply.rows.count >= command.limit { break }
        }
        reply.session.next = after
    }

    private func addRow(
        of handle: SessionHandle, _ command: SessionList, _ now: Instant, _ reply: inout Reply
    ) {
        var row: ReplyRow?
        var bytes = IOBuffer()
        swap(&bytes, &reply.bytes)
        let wantsData = command.wantsData
        let belongs = SessionTest(command)
        lookUp(handle, now, &reply) { entry, head, _ in
            guard belongs.holds(head, in: entry.fields.span) else { return }
            row = ReplyRow(entry, wantsData: wantsData, into: &bytes)
        }
        swap(&bytes, &reply.bytes)
        if let row { reply.rows.append(row) }
    }

    /// A page of a walk over the states' shards; `nextCursor` where it goes on.
    private func listAll(
        _ command: SessionList, _ start: TableCursor, _ after: SessionHandle?, _ now: Instant, _ reply: inout Reply
    ) {
        var cursor = start
        var walk = SessionWalk(command, after: after, budget: Self.lookBudget * 2)
        guard cursor.table < HashIndex.tableCount else { return }
        while cursor.shard < shardCount {
            let shard = shards[shardCount + cursor.shard]
            shard.lock.lock()
            let next = shard.state.pointee.walkSessions(&walk, cursor, now, &reply)
            shard.state.pointee.setHorizon(of: &reply)
            shard.lock.unlock()
            if let next { cursor.hash = next } else { cursor.nextTable() }
            if walk.isOver(rows: reply.rows.count) { break }
        }
        reply.session.next = walk.after
        if cursor.shard < shardCount { reply.nextCursor = cursor.packed }
        reply.raiseHorizonToRows()
    }
}

/// Which of the sessions under a group's hash are meant.
private struct SessionTest {
    let name: RawBytes
    let value: RawBytes
    let isUser: Bool

    init(_ command: SessionList) {
        name = RawBytes(command.name)
        value = RawBytes(command.value)
        if case .user = command.selection { isUser = true } else { isUser = false }
    }

    func holds(_ head: SessionHead, in stored: Span<UInt8>) -> Bool {
        if isUser { return stored.extracting(head.user).equals(value.span) }
        return head.attributes.contains {
            stored.extracting($0.name).equals(name.span) && stored.extracting($0.value).equals(value.span)
        }
    }
}

extension ReplyRow {
    /// A live session.
    init(_ entry: Entry, wantsData: Bool, into bytes: inout IOBuffer) {
        self.init(outcome: .hit)
        entry.fill(&info)
        fields = ByteSlice(start: bytes.count, count: entry.fields.count)
        bytes.append(entry.fields.span)
        guard wantsData else { return }
        value = ByteSlice(start: bytes.count, count: entry.valueCount)
        bytes.append(entry.value.span)
    }
}

/// Ends a session if it is a user's.
private struct SessionEnding: StateFunction, ~Escapable {
    let end: SessionEnd
    let user: Span<UInt8>

    @_lifetime(copy user)
    init(_ end: SessionEnd, _ user: Span<UInt8>) {
        self.end = end
        self.user = user
    }

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        reply.clearSession()
        guard let entry, let head = entry.liveSession(now, &reply),
            entry.fields.span.extracting(head.user).equals(user)
        else { return .none }
        reply.outcome = .deleted
        reply.session.refusal = nil
        return .end(EndedSession(end, head.handle, at: now), of: entry, &reply.workspace)
    }
}
