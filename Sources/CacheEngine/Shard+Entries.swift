import Bytes
import CacheModel

/// Finding, writing and removing entries: what every operation is made of.
extension Shard {
    @inline(always)
    func find(_ key: RawBytes, _ hash: UInt64) -> Found? {
        let place = index.find(hash) { reference in store.entry(reference).key.equals(key) }
        guard let place else { return nil }
        let reference = index.reference(at: place)
        return Found(place: place, reference: reference, entry: store.entry(reference))
    }

    /// The entry as a plain reader sees it: fresh, or stale within `staleWhileRevalidate`. One whose time in memory is
    /// over is removed here.
    mutating func findVisible(_ key: RawBytes, _ hash: UInt64, _ now: Instant) -> Found? {
        guard let found = find(key, hash) else { return nil }
        guard !found.entry.flags.isDisjoint(with: .lifetime) else { return found }
        let times = found.entry.times
        if now.milliseconds < times.visibleUntil { return found }
        guard now.milliseconds >= times.removal else { return nil }
        expire(found, hash, at: now)
        // A session leaves something behind.
        return holdsStates ? findVisible(key, hash, now) : nil
    }

    // MARK: Room

    enum Room {
        case ready
        /// There is room now, but entries moved or left to make it: look again.
        case moved
        /// So many bytes are missing, which others are to give: this shard has nothing, or little.
        case missing(Int)
    }

    /// Sees to it that the draft can be written without fail, over what is there or as a new entry.
    mutating func ensureRoom(for draft: EntryDraft, over found: Found?, _ hash: UInt64, now: Instant) -> Room {
        let chain = chain(for: draft, over: found, hash)
        let large = draft.largeBytes - (found.map { largeBytes(of: $0.entry) } ?? 0)
        let needsSegment = !fitsInPlace(draft, found) && !store.fits(draft.size, in: chain)
        if !needsSegment, large <= 0 || context.pointee.account.hasRoom(for: large) { return .ready }
        return makeRoom(segment: needsSegment ? chain : nil, large: max(0, large), now: now)
    }

    /// The chain the draft will be written to. An entry that is there keeps its chain; a ghost skips the newcomers'
    /// queue.
    func chain(for draft: EntryDraft, over found: Found?, _ hash: UInt64) -> SegmentStore.ChainName {
        if policy.sparesUnlimited && !draft.times.isVolatile { return .pinned }
        if let found {
            let chain = store.chainName(of: found.reference)
            if chain != .pinned { return chain }
        }
        guard policy.order == .s3fifo else { return .main }
        return departures.isGhost(hash) ? .main : .small
    }

    /// Whether the new entry fits the old one's room without wasting much of it.
    private func fitsInPlace(_ draft: EntryDraft, _ found: Found?) -> Bool {
        guard let found else { return false }
        let room = found.entry.size
        let size = draft.size
        return size <= room && room - size <= max(16, room / 8) && !draft.lies(in: found.entry)
            && !leavesChain(draft, found)
    }

    /// Whether gaining or losing a lifetime takes the entry to or from the chain of spared ones.
    private func leavesChain(_ draft: EntryDraft, _ found: Found) -> Bool {
        policy.sparesUnlimited
            && (store.chainName(of: found.reference) == .pinned) == draft.times.isVolatile
    }

    // MARK: Writing

    /// Writes an entry, over the one that is there or as a new one. Room must have been made; `found` must be current.
    mutating func write(_ draft: EntryDraft, over found: Found?, _ hash: UInt64) -> Entry {
        var draft = draft
        draft.shareLargeValue()
        digest &+= StateDigest.mix(hash, draft.position)
        payload += draft.key.count + draft.valueCount
        if holdsStates { noteWrite(draft, over: found?.entry) }
        guard let found else {
            context.pointee.account.add(draft.largeBytes)
            return insert(draft, hash)
        }
        digest &-= StateDigest.mix(hash, found.entry.position)
        payload -= found.entry.key.count + found.entry.valueCount
        context.pointee.account.add(draft.largeBytes - largeBytes(of: found.entry))
        return replace(found, with: draft, hash)
    }

    /// What other parts of the engine want to know of a state that is written.
    private mutating func noteWrite(_ draft: EntryDraft, over old: Entry?) {
        if LimitKeys.isPolicy(draft.key) { return notePolicy(draft.key, draft.front) }
        guard SessionKeys.isSession(draft.key) else { return }
        noteSession(draft.key, from: old?.fields, to: draft.fields, at: draft.position)
    }

    private mutating func noteErasure(of entry: Entry) {
        if LimitKeys.isPolicy(entry.key) { return forgetPolicy(entry.key) }
        guard SessionKeys.isSession(entry.key) else { return }
        noteSession(entry.key, from: entry.fields, to: nil, at: lastUntagged)
    }

    func largeBytes(of entry: Entry) -> Int {
        entry.flags.contains(.large) ? Footprint.largeValue(entry.valueCount) : 0
    }

    private mutating func insert(_ draft: EntryDraft, _ hash: UInt64) -> Entry {
        let chain = chain(for: draft, over: nil, hash)
        _ = departures.take(hash)
        var draft = draft
        draft.evictionBits = evictor.bitsForNew(policy.order, live: index.count)
        let reference = append(draft, to: chain)
        let before = index.bytes
        index.insert(hash, reference)
        context.pointee.account.add(index.bytes - before)
        if ordered != nil { addToOrder(reference) }
        if holdsStates { countKind(of: draft.key, 1) }
        return store.entry(reference)
    }

    private mutating func append(_ draft: EntryDraft, to chain: SegmentStore.ChainName) -> UInt32 {
        let size = draft.size
        let reference = store.append(size, to: chain)
        draft.write(to: store.entry(reference).base, taking: size)
        store.noteRemoval(reference, at: draft.times.removal)
        store.addLarge(draft.largeBytes, at: reference)
        return reference
    }

    /// In place where that is possible, else in a new place.
    private mutating func replace(_ found: Found, with draft: EntryDraft, _ hash: UInt64) -> Entry {
        let old = found.entry
        var draft = draft
        draft.evictionBits = old.evictionBits
        let oldShared = old.shared
        let isKept = oldShared != nil && draft.shared?.toOpaque() == oldShared?.toOpaque()
        var entry = old
        if fitsInPlace(draft, found) {
            store.addLarge(draft.largeBytes - largeBytes(of: old), at: found.reference)
            draft.write(to: old.base, taking: old.size)
            store.noteRemoval(found.reference, at: draft.times.removal)
        } else {
            entry = move(found, to: draft, hash)
        }
        if let oldShared, !isKept { oldShared.release() }
        return entry
    }

    private mutating func move(_ found: Found, to draft: EntryDraft, _ hash: UInt64) -> Entry {
        let reference = append(draft, to: chain(for: draft, over: found, hash))
        index.setReference(reference, at: found.place)
        if ordered != nil { replaceInOrder(found.reference, by: reference) }
        store.kill(found.reference, largeBytes: largeBytes(of: found.entry))
        return store.entry(reference)
    }

    // MARK: Removing

    /// Takes an entry out of memory, with all that belongs to it, and notes why; returns the record's position.
    @discardableResult
    mutating func remove(
        _ found: Found, _ hash: UInt64, _ reason: MissReason, at instant: Instant, now: Instant,
        deletion: CallerDeletion? = nil, isGhost: Bool = false
    ) -> Position {
        if holdsStates { return removeWithParts(found, hash, reason, at: instant, now: now) }
        return removeAlone(found, hash, reason, at: instant, now: now, deletion: deletion, isGhost: isGhost)
    }

    @discardableResult
    mutating func removeAlone(
        _ found: Found, _ hash: UInt64, _ reason: MissReason, at instant: Instant, now: Instant,
        deletion: CallerDeletion? = nil, isGhost: Bool = false
    ) -> Position {
        let position = takePosition()
        let key = deletion == nil ? [] : found.entry.key.copied
        // What has ended stays hidden whatever the log says of it.
        noteUntagged(position, isLate: reason == .expired)
        digest &-= StateDigest.mix(hash, found.entry.position)
        if context.pointee.hasReader {
            let name = loggedName(found.entry.key)
            record(
                .delete(
                    key: name.key.span, reason: reason, at: instant, version: deletion?.version,
                    versionKeptUntil: Instant(milliseconds: deletion?.keptUntil ?? 0), kind: name.kind),
                at: position)
        }
        erase(found)
        noteDeparture(hash, reason, isGhost: isGhost, at: instant)
        if let deletion { leave(deletion, key, hash, at: position, now: now) }
        notifyWatches(hash)
        return position
    }

    /// Takes an entry out of the index and memory, and tells nobody; the digest is the caller's.
    mutating func erase(_ found: Found) {
        let entry = found.entry
        payload -= entry.key.count + entry.valueCount
        if ordered != nil { removeFromOrder(found.reference) }
        if holdsStates {
            countKind(of: entry.key, -1)
            noteErasure(of: entry)
        }
        let before = index.bytes
        let large = largeBytes(of: entry)
        index.remove(at: found.place)
        context.pointee.account.add(index.bytes - before - large)
        entry.shared?.release()
        store.kill(found.reference, largeBytes: large)
    }

    mutating func noteDeparture(_ hash: UInt64, _ reason: MissReason, isGhost: Bool, at instant: Instant) {
        let before = departures.bytes
        departures.note(hash, reason, isGhost: isGhost, at: instant, live: index.count)
        context.pointee.account.add(departures.bytes - before)
    }

    mutating func leave(
        _ deletion: CallerDeletion, _ key: [UInt8], _ hash: UInt64, at position: Position, now: Instant
    ) {
        let before = deletedVersions.bytes
        let left = DeletedVersions.Kept(
            version: deletion.version, until: deletion.keptUntil, position: position, key: key)
        deletedVersions.leave(hash, left, now: now)
        context.pointee.account.add(deletedVersions.bytes - before)
    }

    /// Removes an entry whose time is over, or turns a session into its end. It became a miss when it stopped being
    /// served, which may be earlier.
    mutating func expire(_ found: Found, _ hash: UInt64, at now: Instant) {
        let end = Instant(milliseconds: found.entry.times.visibleUntil)
        counters.expirations += 1
        if holdsStates, buryEnded(found, hash, now: now) { return }
        remove(found, hash, .expired, at: end, now: now)
    }

    mutating func notifyWatches(_ hash: UInt64) {
        if !watches.isEmpty { wakeWatches(hash) }
    }
}

/// A delete that leaves the caller's version behind.
struct CallerDeletion {
    let version: UInt64
    let keptUntil: Int64

    init(_ version: CallerVersion, at now: Instant) {
        self.version = version.value
        keptUntil = now.advanced(byMilliseconds: Limits.deletedVersionKept).milliseconds
    }

    init(version: UInt64, keptUntil: Instant) {
        self.version = version
        self.keptUntil = keptUntil.milliseconds
    }
}
