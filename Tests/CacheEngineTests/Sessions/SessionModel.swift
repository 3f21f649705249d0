import CacheModel

/// Sessions as plainly as they can be kept, to compare the engine with.
struct SessionModel {
    struct Session {
        var handle: String
        var user: String
        var data: [(name: String, value: Int)]
        var tenant: String?
        var createdAt: Int64
        var idle: Int64
        var max: Int64
        var freshUntil: Int64
        var order: Int

        var json: String { "{" + data.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}" }

        mutating func slide(_ now: Int64) { freshUntil = idle > 0 ? Swift.min(max, now + idle) : max }
    }

    enum State {
        case live(Session)
        case ended(SessionEnd, at: Int64, kept: Int64, handle: String, graceEnd: Int64)
    }

    var states: [String: State] = [:]
    /// The id each handle leads to.
    var ids: [String: String] = [:]
    private var begun = 0

    mutating func pass(to now: Int64) {
        for (id, state) in states {
            switch state {
            case .live(let session) where session.freshUntil <= now:
                end(id, .expired, at: session.freshUntil)
                if case .ended(_, _, let kept, _, _) = states[id], kept <= now { states[id] = nil }
            case .ended(_, _, let kept, _, _) where kept <= now: states[id] = nil
            default: break
            }
        }
    }

    func live(_ id: String) -> Session? { if case .live(let session) = states[id] { session } else { nil } }

    /// Why a write to the id would be refused.
    func refusal(_ id: String, _ now: Int64) -> SessionRefusal? {
        switch states[id] {
        case nil: .unknown
        case .live: nil
        case .ended(let end, let at, _, _, let graceEnd):
            end == .rotated && now < graceEnd ? .rotated : .gone(end, at: Instant(milliseconds: at))
        }
    }

    /// What a read of the id finds.
    func reading(_ id: String, _ now: Int64) -> (id: String, refusal: SessionRefusal?) {
        guard refusal(id, now) == .rotated, case .ended(_, _, _, let handle, _) = states[id], let next = ids[handle]
        else { return (id, refusal(id, now)) }
        return (next, refusal(next, now))
    }

    func sessions(of user: String) -> [(id: String, session: Session)] {
        states.compactMap { id, state in
            if case .live(let session) = state, session.user == user { (id, session) } else { nil }
        }
    }

    mutating func end(_ id: String, _ end: SessionEnd, at: Int64, grace: Int64 = 0) {
        guard let session = live(id) else { return }
        states[id] = .ended(
            end, at: at, kept: max(session.max, at + Limits.sessionEndKept), handle: session.handle,
            graceEnd: at + grace)
    }

    mutating func begin(_ id: String, _ beginning: Beginning, _ now: Int64) {
        var session = Session(
            handle: id, user: beginning.user, data: [], tenant: beginning.index.first?.1, createdAt: now,
            idle: beginning.idle, max: now + beginning.max, freshUntil: 0, order: begun)
        begun += 1
        session.slide(now)
        states[id] = .live(session)
        ids[id] = id
    }

    /// The ids that must end before the user has one more; nil where that is refused.
    func surplus(of user: String, _ cap: SessionCap, sparing handle: String? = nil) -> [String]? {
        let live = sessions(of: user).filter { $0.session.handle != handle }
        guard live.count >= cap.most else { return [] }
        if cap.policy == .reject { return nil }
        let byAge = live.sorted { $0.session.createdAt < $1.session.createdAt }
        return byAge.prefix(live.count - cap.most + 1).map(\.id)
    }

    mutating func change(_ id: String, _ now: Int64, _ body: (inout Session) -> Void) {
        guard var session = live(id) else { return }
        body(&session)
        session.slide(now)
        states[id] = .live(session)
    }

    mutating func rotate(_ id: String, to next: String, grace: Int64, user: String?, _ now: Int64) {
        guard var session = live(id) else { return }
        end(id, .rotated, at: now, grace: grace)
        session.user = user ?? session.user
        session.slide(now)
        states[next] = .live(session)
        ids[session.handle] = next
    }
}
