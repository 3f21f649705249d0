import CacheModel

/// What the cache should do, written as simply as it can be: a dictionary and the rules. It learns from the records
/// only what it cannot know: which entries left to make room, and when an ended entry was taken out of memory.
struct Model {
    struct Entry: Equatable {
        var value: [UInt8]
        var fields: [UInt8]
        var position: Position
        var modifiedAt: Instant
        var freshUntil: Int64 = .max
        var expiresAt: Int64 = .max
        var idle: Int64 = 0
        var staleWhileRevalidate: Int64 = 0
        var staleIfError: Int64 = 0
        var logged: Int64 = .max
        var version: UInt64?

        var visibleUntil: Int64 { plus(freshUntil, staleWhileRevalidate) }
        var removal: Int64 { plus(freshUntil, max(staleWhileRevalidate, staleIfError)) }

        private func plus(_ instant: Int64, _ delta: Int64) -> Int64 {
            instant == .max ? .max : instant + delta
        }

        mutating func set(_ lifetime: Lifetime, now: Int64) {
            expiresAt = lifetime.expiresAt.milliseconds
            idle = lifetime.idle
            freshUntil = idle > 0 ? min(expiresAt, now + idle) : expiresAt
            logged = freshUntil
        }

        /// Whether the slide is worth a record.
        mutating func slide(now: Int64) -> Bool {
            guard idle > 0, now < freshUntil else { return false }
            freshUntil = max(freshUntil, min(expiresAt, now + idle))
            guard freshUntil - logged > idle / 10 else { return false }
            logged = freshUntil
            return true
        }

        var info: EntryInfo {
            var info = EntryInfo()
            info.position = position
            info.modifiedAt = Instant(milliseconds: modifiedAt.milliseconds / 125 * 125)
            info.freshUntil = Instant(milliseconds: freshUntil)
            info.expiresAt = Instant(milliseconds: expiresAt)
            info.idle = idle
            info.staleWhileRevalidate = staleWhileRevalidate
            info.staleIfError = staleIfError
            info.version = version
            info.valueCount = value.count
            return info
        }
    }

    struct Expected {
        var outcome: Outcome
        var entry: EntryInfo?
        var value: [UInt8]?
        var missedAt: Int64?
        /// Records the operation itself makes.
        var records = 0
    }

    var entries: [String: Entry] = [:]
    var departed: [String: (reason: MissReason, at: Int64)] = [:]
    var versions: [String: (version: UInt64, until: Int64)] = [:]
    var now: Int64 = 0
    var maximumValue = Limits().valueBytes

    // MARK: What the model is told

    /// An entry left to make room, or was taken out after its end.
    mutating func learn(key: String, reason: MissReason, at: Instant) {
        entries[key] = nil
        departed[key] = (reason, at.milliseconds / 1000 * 1000)
    }

    func visible(_ key: String) -> Entry? {
        guard let entry = entries[key], now < entry.visibleUntil else { return nil }
        return entry
    }

    func stored(_ key: String) -> UInt64? {
        if let entry = visible(key) { return entry.version }
        guard let kept = versions[key], kept.until > now else { return nil }
        return kept.version
    }

    private func miss(_ key: String) -> Expected {
        if let hidden = entries[key] {
            return Expected(outcome: .miss(.expired), missedAt: hidden.visibleUntil)
        }
        guard let gone = departed[key] else { return Expected(outcome: .miss(.never)) }
        return Expected(outcome: .miss(gone.reason), missedAt: gone.at)
    }

    // MARK: Operations

    mutating func read(_ key: String, slides: Bool, acceptsStale: Bool) -> Expected {
        guard var entry = visible(key) else { return miss(key) }
        if !acceptsStale, now >= entry.freshUntil {
            return Expected(outcome: .miss(.expired), missedAt: entry.freshUntil)
        }
        let isLogged = slides && entry.slide(now: now)
        entries[key] = entry
        return Expected(outcome: .hit, entry: entry.info, value: entry.value, records: isLogged ? 1 : 0)
    }

    mutating func put(
        _ key: String, _ value: [UInt8], _ fields: [UInt8], _ lifetime: LifetimeChange, _ version: CallerVersion?,
        _ conditions: Conditions, wantsPrevious: Bool, position: Position
    ) -> Expected {
        let old = visible(key)
        if let refusal = refusal(key, version, old) { return refusal }
        guard holds(conditions, old) else { return Expected(outcome: .preconditionFailed, entry: old?.info) }
        var entry = Entry(
            value: value, fields: fields, position: position, modifiedAt: Instant(milliseconds: now))
        switch lifetime {
        case .keep: if let old { entry.copyTimes(of: old) }
        case .set(let lifetime):
            entry.staleWhileRevalidate = lifetime.staleWhileRevalidate
            entry.staleIfError = lifetime.staleIfError
            entry.set(lifetime, now: now)
        }
        entry.version = version?.value ?? stored(key)
        entries[key] = entry
        versions[key] = nil
        departed[key] = nil
        if wantsPrevious, let old {
            return Expected(outcome: .replaced, entry: old.info, value: old.value, records: 1)
        }
        return Expected(outcome: old == nil ? .created : .replaced, entry: entry.info, records: 1)
    }

    private func refusal(_ key: String, _ version: CallerVersion?, _ old: Entry?) -> Expected? {
        guard let version, version.onlyIfNewer, let stored = stored(key), version.value <= stored else { return nil }
        var info = old?.info ?? EntryInfo()
        info.version = stored
        return Expected(outcome: .staleVersion, entry: info)
    }

    mutating func delete(_ key: String, _ version: CallerVersion?, _ conditions: Conditions) -> Expected {
        let old = visible(key)
        if let refusal = refusal(key, version, old) { return refusal }
        guard let old else {
            var expected = miss(key)
            expected.records = entries[key] != nil || version != nil ? 1 : 0
            if let hidden = entries[key] {
                departed[key] = (.expired, hidden.visibleUntil / 1000 * 1000)
            } else if version != nil {
                departed[key] = (.deleted, now / 1000 * 1000)
            }
            entries[key] = nil
            leave(version, key)
            return expected
        }
        guard holds(conditions, old) else { return Expected(outcome: .preconditionFailed, entry: old.info) }
        entries[key] = nil
        departed[key] = (.deleted, now / 1000 * 1000)
        leave(version, key)
        return Expected(outcome: .deleted, entry: old.info, records: 1)
    }

    private mutating func leave(_ version: CallerVersion?, _ key: String) {
        if let version { versions[key] = (version.value, now + Limits.deletedVersionKept) }
    }

    mutating func extend(
        _ key: String, _ bytes: [UInt8], _ end: ExtendEnd, maximum: Int, _ fields: [UInt8], _ conditions: Conditions,
        position: Position
    ) -> Expected {
        let old = visible(key)
        let length = (old?.value.count ?? 0) + bytes.count
        if length > min(maximum, maximumValue) { return Expected(outcome: .outOfBounds, entry: old?.info) }
        guard holds(conditions, old) else { return Expected(outcome: .preconditionFailed, entry: old?.info) }
        var entry = old ?? Entry(value: [], fields: fields, position: position, modifiedAt: Instant(milliseconds: now))
        entry.value = end == .back ? entry.value + bytes : bytes + entry.value
        entry.position = position
        entry.modifiedAt = Instant(milliseconds: now)
        if old == nil { entry.version = stored(key) }
        entries[key] = entry
        versions[key] = nil
        departed[key] = nil
        return Expected(outcome: old == nil ? .created : .resized, entry: entry.info, records: 1)
    }

    mutating func truncate(_ key: String, to length: Int, _ conditions: Conditions, position: Position) -> Expected {
        guard var entry = visible(key) else { return miss(key) }
        guard holds(conditions, entry) else { return Expected(outcome: .preconditionFailed, entry: entry.info) }
        if entry.value.count <= length { return Expected(outcome: .resized, entry: entry.info) }
        entry.value = Array(entry.value.prefix(length))
        entry.position = position
        entry.modifiedAt = Instant(milliseconds: now)
        entries[key] = entry
        return Expected(outcome: .resized, entry: entry.info, records: 1)
    }

    mutating func touch(_ key: String, _ change: TouchChange, _ conditions: Conditions) -> Expected {
        guard var entry = visible(key) else { return miss(key) }
        guard holds(conditions, entry) else { return Expected(outcome: .preconditionFailed, entry: entry.info) }
        var records = 1
        switch change {
        case .slide: records = entry.slide(now: now) ? 1 : 0
        case .lifetime(let lifetime): entry.set(lifetime, now: now)
        case .stale:
            entry.freshUntil = min(entry.freshUntil, now)
            entry.expiresAt = entry.freshUntil
            entry.logged = entry.freshUntil
        }
        entries[key] = entry
        return Expected(outcome: .hit, entry: entry.info, value: entry.value, records: records)
    }

    private func holds(_ conditions: Conditions, _ entry: Entry?) -> Bool {
        switch conditions.ifMatch {
        case .absent:
            if let limit = conditions.ifUnmodifiedSince, let entry, entry.modifiedAt.seconds > limit { return false }
        case .any: if entry == nil { return false }
        case .of(let positions): guard let entry, positions.contains(entry.position) else { return false }
        }
        switch conditions.ifNoneMatch {
        case .absent: return true
        case .any: return entry == nil
        case .of(let positions): return entry.map { !positions.contains($0.position) } ?? true
        }
    }
}

extension Model.Entry {
    mutating func copyTimes(of other: Model.Entry) {
        freshUntil = other.freshUntil
        expiresAt = other.expiresAt
        idle = other.idle
        staleWhileRevalidate = other.staleWhileRevalidate
        staleIfError = other.staleIfError
        logged = other.logged
    }
}
