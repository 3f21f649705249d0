import Bytes
import CacheModel

/// What each command does to the model.
enum ModelRun {
    typealias State = ModelEngine.State
    typealias Entry = ModelEngine.Entry

    static func run(
        _ command: borrowing Command, _ now: Instant, _ ticket: Ticket, _ indexed: Bool, _ stepRows: Int,
        _ state: inout State, _ reply: inout Reply
    ) -> Execution {
        expire(&state, now)
        switch command {
        case .read(let read): self.read(read, now, &state, &reply)
        case .put(let put): self.put(put, now, &state, &reply)
        case .delete(let delete): self.delete(delete, now, &state, &reply)
        case .extend(let extend): self.extend(extend, now, &state, &reply)
        case .truncate(let truncate): self.truncate(truncate, now, &state, &reply)
        case .touch(let touch): self.touch(touch, now, &state, &reply)
        case .watch(let watch): return self.watch(watch, ticket, &state, &reply)
        case .list(let list): self.list(list, indexed, stepRows, &state, &reply)
        case .group(let group): self.group(group, now, &state, &reply)
        case .counter, .counterAdds, .limitCheck, .limitChange, .limitPolicy, .limitList, .limitDenials, .session,
            .sessionCreation, .sessionRotation, .sessionList, .sessionRevocation:
            preconditionFailure("this model knows keys only")
        case .board: fatalError("the model has no leaderboards")
        }
        return .completed
    }

    private static func expire(_ state: inout State, _ now: Instant) {
        for (key, entry) in state.entries {
            let end =
                entry.freshUntil == .never
                ? .never : entry.freshUntil.advanced(byMilliseconds: entry.lifetime.staleWindow)
            if end != .never && end <= now { remove(key, .expired, now, &state) }
        }
    }

    private static func remove(_ key: [UInt8], _ reason: MissReason, _ now: Instant, _ state: inout State) {
        state.entries[key] = nil
        state.gone[key] = (reason, now)
        wake(key, &state)
    }

    private static func wake(_ key: [UInt8], _ state: inout State) {
        state.delivered += state.watchers.filter { $0.key == key }.map(\.ticket)
        state.watchers.removeAll { $0.key == key }
    }

    private static func miss(_ key: [UInt8], _ state: State, _ reply: inout Reply) {
        let gone = state.gone[key]
        reply.outcome = .miss(gone?.reason ?? .never)
        reply.missedAt = gone?.at
    }

    private static func next(_ state: inout State) -> Position {
        state.number += 1
        return Position(epoch: 1, number: state.number)
    }

    private static func show(_ entry: Entry, value: Bool, _ reply: inout Reply) {
        reply.entry = entry.info()
        reply.fields.append(entry.fields)
        if value {
            if entry.value.count >= 1 << 14 {
                reply.shared = SharedBytes.make(entry.value.span)
            } else {
                reply.value.append(entry.value)
            }
        }
    }

    // MARK: Judging

    private static func matches(_ condition: borrowing TagCondition, _ position: Position?) -> Bool {
        switch condition {
        case .absent: return true
        case .any: return position != nil
        case .oneOf(let positions):
            guard let position else { return false }
            for index in positions.indices where positions[index] == position { return true }
            return false
        }
    }

    private static func holds(_ condition: borrowing Precondition, _ entry: Entry?) -> Bool {
        switch condition.ifMatch {
        case .absent:
            if let since = condition.ifUnmodifiedSince, let entry, entry.modifiedAt.seconds > since { return false }
        case .any, .oneOf:
            if !matches(condition.ifMatch, entry?.position) { return false }
        }
        switch condition.ifNoneMatch {
        case .absent: return true
        case .any, .oneOf: return !matches(condition.ifNoneMatch, entry?.position)
        }
    }

    private static func fail(_ outcome: Outcome, _ entry: Entry?, _ reply: inout Reply) -> Bool {
        reply.outcome = outcome
        if let entry { reply.entry = entry.info() }
        return false
    }

    private static func allows(
        _ precondition: borrowing Precondition, _ version: CallerVersion?, _ entry: Entry?, _ reply: inout Reply
    ) -> Bool {
        if !holds(precondition, entry) { return fail(.preconditionFailed, entry, &reply) }
        if let version, version.onlyIfNewer, let stored = entry?.version, version.value <= stored {
            return fail(.staleVersion, entry, &reply)
        }
        return true
    }

    // MARK: Commands

    private static func read(_ read: borrowing Read, _ now: Instant, _ state: inout State, _ reply: inout Reply) {
        let key = read.key.copied()
        guard var entry = state.entries[key] else { return miss(key, state, &reply) }
        if entry.freshUntil != .never && entry.freshUntil <= now {
            let end = entry.freshUntil.advanced(byMilliseconds: entry.lifetime.staleWhileRevalidate)
            if !read.acceptsStale || end <= now { return reply.outcome = .miss(.expired) }
        } else if read.slides && entry.lifetime.idle > 0 {
            entry.slide(at: now)
            state.entries[key] = entry
        }
        reply.outcome = .hit
        show(entry, value: read.wantsValue, &reply)
    }

    private static func put(_ put: borrowing Put, _ now: Instant, _ state: inout State, _ reply: inout Reply) {
        let key = put.key.copied()
        let old = state.entries[key]
        guard allows(put.precondition, put.version, old, &reply) else { return }
        let position = next(&state)
        var entry = Entry(
            value: put.value.copied(), fields: put.fields.copied(), position: position, modifiedAt: now,
            lifetime: .unlimited, freshUntil: .never, version: put.version?.value ?? old?.version)
        switch put.lifetime {
        case .set(let lifetime): entry.start(lifetime, at: now)
        case .keep:
            if let old {
                entry.lifetime = old.lifetime
                entry.freshUntil = old.freshUntil
            }
        }
        state.entries[key] = entry
        reply.outcome = old == nil ? .created : .replaced
        reply.written = position
        if let old, put.wantsPrevious { show(old, value: true, &reply) } else { reply.entry = entry.info() }
        wake(key, &state)
    }

    private static func delete(_ delete: borrowing Delete, _ now: Instant, _ state: inout State, _ reply: inout Reply) {
        let key = delete.key.copied()
        guard let entry = state.entries[key] else { return miss(key, state, &reply) }
        guard allows(delete.precondition, delete.version, entry, &reply) else { return }
        reply.outcome = .deleted
        reply.written = next(&state)
        show(entry, value: delete.wantsPrevious, &reply)
        remove(key, .deleted, now, &state)
    }

    private static func extend(_ extend: borrowing Extend, _ now: Instant, _ state: inout State, _ reply: inout Reply) {
        let key = extend.key.copied()
        let old = state.entries[key]
        guard allows(extend.precondition, nil, old, &reply) else { return }
        let bytes = extend.bytes.copied()
        let before = old?.value ?? []
        guard before.count + bytes.count <= extend.maximumLength else {
            _ = fail(.outOfBounds, old, &reply)
            return
        }
        let position = next(&state)
        var entry =
            old
            ?? Entry(
                value: [], fields: extend.fields.copied(), position: position, modifiedAt: now, lifetime: .unlimited,
                freshUntil: .never, version: nil)
        entry.value = extend.end == .back ? before + bytes : bytes + before
        entry.position = position
        entry.modifiedAt = now
        state.entries[key] = entry
        reply.outcome = old == nil ? .created : .resized
        reply.written = position
        reply.entry = entry.info()
        wake(key, &state)
    }

    private static func truncate(
        _ truncate: borrowing Truncate, _ now: Instant, _ state: inout State, _ reply: inout Reply
    ) {
        let key = truncate.key.copied()
        guard var entry = state.entries[key] else { return miss(key, state, &reply) }
        guard allows(truncate.precondition, nil, entry, &reply) else { return }
        if truncate.length < entry.value.count {
            entry.value = Array(entry.value.prefix(truncate.length))
            entry.position = next(&state)
            reply.written = entry.position
            state.entries[key] = entry
            wake(key, &state)
        }
        reply.outcome = .resized
        reply.entry = entry.info()
    }

    private static func touch(_ touch: borrowing Touch, _ now: Instant, _ state: inout State, _ reply: inout Reply) {
        let key = touch.key.copied()
        guard var entry = state.entries[key] else { return miss(key, state, &reply) }
        guard allows(touch.precondition, nil, entry, &reply) else { return }
        switch touch.change {
        case .lifetime(var lifetime):
            lifetime.staleWhileRevalidate = entry.lifetime.staleWhileRevalidate
            lifetime.staleIfError = entry.lifetime.staleIfError
            entry.start(lifetime, at: now)
        case .slide: entry.slide(at: now)
        case .stale: entry.freshUntil = now
        }
        state.entries[key] = entry
        reply.outcome = .hit
        show(entry, value: touch.wantsValue, &reply)
    }

    private static func watch(
        _ watch: borrowing Watch, _ ticket: Ticket, _ state: inout State, _ reply: inout Reply
    ) -> Execution {
        let key = watch.key.copied()
        guard let entry = state.entries[key] else {
            miss(key, state, &reply)
            return .completed
        }
        guard matches(watch.known, entry.position) else {
            reply.outcome = .changed
            return .completed
        }
        state.watchers.append((key, ticket))
        return .pending
    }
}
