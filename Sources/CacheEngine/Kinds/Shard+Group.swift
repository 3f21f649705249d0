import Bytes
import CacheModel

/// An operation of an atomic group with its bytes at hand.
struct GroupItem {
    let operation: GroupOperation
    let key: RawBytes
    let hash: UInt64
    /// All bytes of the group, which the operation's slices lie in.
    let bytes: RawBytes

    func slice(_ slice: ByteSlice) -> RawBytes { RawBytes(bytes.span.extracting(slice)) }
}

/// Judging, sizing and applying the operations of an atomic group, each on its own shard, with all of the group's
/// shards locked. Nothing changes before every operation was judged.
extension Shard {
    enum Judgement {
        /// It will go through, with so many records.
        case passes(records: Int)
        case fails(Outcome)
    }

    func judge(_ item: GroupItem, _ now: Instant) -> Judgement {
        let found = find(item.key, item.hash)
        let visible = findVisible(found, now)
        let stored = storedVersion(visible?.entry, item.hash, now: now)
        if isStale(item.operation.version, stored: stored) { return .fails(.staleVersion) }
        if let refusal = refusal(item, visible?.entry) { return .fails(refusal) }
        switch item.operation.verb {
        case .get, .touch:
            if visible == nil { return .passes(records: 0) }
        case .delete:
            if visible == nil {
                return .passes(records: found != nil || item.operation.version != nil ? 1 : 0)
            }
        case .put, .append: break
        }
        guard holds(item.operation, for: visible?.entry) else { return .fails(.preconditionFailed) }
        if case .get = item.operation.verb { return .passes(records: 0) }
        return .passes(records: 1)
    }

    /// What a failed row says of the entry.
    func describe(_ item: GroupItem, _ now: Instant, _ info: inout EntryInfo) {
        let visible = findVisible(find(item.key, item.hash), now)
        visible?.entry.fill(&info)
        info.version = storedVersion(visible?.entry, item.hash, now: now)
    }

    private func refusal(_ item: GroupItem, _ entry: Entry?) -> Outcome? {
        let limit = context.pointee.limits.valueBytes
        if item.key.count > Limits.keyBytes { return .tooLarge }
        switch item.operation.verb {
        case .put(let value, let fields, _):
            return value.count > limit || fields.count > Limits.fieldsBytes ? .tooLarge : nil
        case .append(let bytes, let maximum):
            return (entry?.valueCount ?? 0) + Int(bytes.count) > min(maximum, limit) ? .outOfBounds : nil
        case .get, .delete, .touch: return nil
        }
    }

    private func holds(_ operation: GroupOperation, for entry: Entry?) -> Bool {
        switch operation.ifMatch {
        case .absent: break
        case .any: if entry == nil { return false }
        case .position(let position): if entry?.position != position { return false }
        case .unknownTag: return false
        }
        switch operation.ifNoneMatch {
        case .absent, .unknownTag: return true
        case .any: return entry == nil
        case .position(let position): return entry?.position != position
        }
    }

    // MARK: Room

    /// What the operation would write: nil where it writes nothing, or only over times in place.
    private func draft(of item: GroupItem, _ found: Found?, _ now: Instant) -> EntryDraft? {
        let visible = findVisible(found, now)
        let stored = storedVersion(visible?.entry, item.hash, now: now)
        switch item.operation.verb {
        case .get, .delete: return nil
        case .put(let value, let fields, let lifetime):
            var draft = draft(
                item.key, value: item.slice(value), fields: item.slice(fields), lifetime, over: visible?.entry, now)
            draft.version = item.operation.version?.value ?? stored
            return draft
        case .append(let bytes, _):
            return extended(visible, item.key, item.hash, by: item.slice(bytes), at: .back, fields: .empty, now)
        case .touch(let lifetime):
            guard let visible else { return nil }
            return draft(copying: visible.entry, times(lifetime, keepingWindowsOf: visible.entry.times, now))
        }
    }

    /// Adds what the operation needs to the shard's sum, as if nothing could be written in place.
    func addNeed(of item: GroupItem, to need: inout GroupNeed, _ now: Instant) {
        let found = find(item.key, item.hash)
        guard let draft = draft(of: item, found, now) else { return }
        let chain = chain(for: draft, over: found, item.hash)
        need.add(size: draft.size, chain: chain, tail: store.tailRoom(of: chain))
        if draft.shared == nil { need.large += draft.largeBytes }
    }

    /// Takes the segments the group may need before anything is written.
    mutating func reserve(_ need: GroupNeed, now: Instant) -> Room {
        if need.segments <= store.spareCount, context.pointee.account.hasRoom(for: need.large) { return .ready }
        let missing = max(0, need.segments - store.spareCount)
        let room = makeRoom(segment: nil, large: missing * SegmentStore.segmentBytes + need.large, now: now)
        if case .missing = room { return room }
        return store.reserve(need.segments) ? room : .missing(need.bytes)
    }

    // MARK: Applying

    /// Applies an operation that was judged to pass; the reply's outcome and entry are its row's.
    mutating func apply(_ item: GroupItem, _ now: Instant, reply: inout Reply) {
        let found = find(item.key, item.hash)
        let visible = findVisible(found, now)
        switch item.operation.verb {
        case .get: applyGet(found, visible, item, now, reply: &reply)
        case .put:
            guard let draft = draft(of: item, found, now) else { return }
            commit(draft, over: found, visible: visible, item.hash, wantsPrevious: false, reply: &reply)
        case .delete: applyDelete(visible, item, now, reply: &reply)
        case .touch(let lifetime): applyTouch(lifetime, found, visible, item, now, reply: &reply)
        case .append(let bytes, _):
            guard let draft = draft(of: item, found, now) else { return }
            commitExtend(draft, over: found, visible, item.hash, item.slice(bytes), .back, reply: &reply)
        }
    }

    private mutating func applyGet(
        _ found: Found?, _ visible: Found?, _ item: GroupItem, _ now: Instant, reply: inout Reply
    ) {
        guard let visible else {
            answerMiss(found, item.hash, now, reply: &reply)
            if case .miss(let reason) = reply.outcome { counters.countMiss(reason) }
            return
        }
        counters.hits &+= 1
        evictor.noteUse(of: visible.entry, policy.order, live: index.count)
        reply.outcome = .hit
        visible.entry.fill(&reply.entry)
    }

    private mutating func applyDelete(_ visible: Found?, _ item: GroupItem, _ now: Instant, reply: inout Reply) {
        let deletion = item.operation.version.map { CallerDeletion($0, at: now) }
        guard let visible else {
            return deleteMissing(item.key, item.hash, deletion, now, reply: &reply)
        }
        visible.entry.fill(&reply.entry)
        counters.deletes &+= 1
        reply.outcome = .deleted
        reply.written = remove(visible, item.hash, .deleted, at: now, now: now, deletion: deletion)
    }

    private mutating func applyTouch(
        _ lifetime: Lifetime, _ found: Found?, _ visible: Found?, _ item: GroupItem, _ now: Instant,
        reply: inout Reply
    ) {
        guard let visible else { return answerMiss(found, item.hash, now, reply: &reply) }
        let times = times(lifetime, keepingWindowsOf: visible.entry.times, now)
        changeTimes(times, of: visible, item.hash, reply: &reply)
        guard let entry = find(item.key, item.hash)?.entry else { return }
        reply.outcome = .hit
        entry.fill(&reply.entry)
    }
}

/// What one shard's part of a group needs: segments, counted as its entries would fill them, and bytes outside.
struct GroupNeed {
    private(set) var segments = 0
    var large = 0
    var bytes: Int { segments * SegmentStore.segmentBytes + large }
    private var rooms: (Int, Int, Int) = (-1, -1, -1)

    mutating func add(size: Int, chain: SegmentStore.ChainName, tail: Int) {
        let isNew =
            switch chain {
            case .small: Self.take(size, from: &rooms.0, tail)
            case .main: Self.take(size, from: &rooms.1, tail)
            case .pinned: Self.take(size, from: &rooms.2, tail)
            }
        if isNew { segments += 1 }
    }

    /// Whether that needed a new segment.
    private static func take(_ size: Int, from room: inout Int, _ tail: Int) -> Bool {
        if room < 0 { room = tail }
        let isNew = room < size
        if isNew { room = SegmentStore.segmentBytes }
        room -= size
        return isNew
    }
}
