/// What happened: normal answers, none of them an error.
public enum Outcome: Sendable, Equatable {
    /// A read found the entry, a touch changed it; the reply holds it.
    case hit
    /// There is no such entry.
    case miss(MissReason)
    case created
    case replaced
    case deleted
    /// An extend or truncate was applied to an entry that was there; `entry.valueCount` is the new length.
    case resized
    /// A watched key is no longer what the caller knows.
    case changed
    /// A precondition failed; `entry` is what is there (its position is `.none` when nothing is).
    case preconditionFailed
    /// The caller's version is not newer than the stored one, which `entry.version` holds.
    case staleVersion
    /// The value would become longer than the caller's bound, or than a value may be.
    case outOfBounds
    case tooLarge
    /// Memory is full and nothing may be evicted; nothing was changed.
    case memoryFull
    /// The question needs the ordered index.
    case notIndexed
    /// `rows` holds the answer.
    case page
    case groupDone
    case groupFailed
    /// Settings that came with the call are not those that are stored, or would lose what is kept.
    case settingsDiffer
    /// The zone named in `value` is needed and was not at hand; nothing was changed.
    case needsZone
    /// No window of the counter reaches so far, or has that width.
    case windowNotKept
    /// A command on a leaderboard: the reply's `board` is the answer.
    case board
    /// A command about sessions was not done: the reply's `session.refusal` says why.
    case sessionRefused
}

/// Why there is nothing under a key.
public enum MissReason: UInt8, Sendable, CaseIterable {
    /// It was never here: said only while no memory of a departed key has been dropped.
    case never
    case unknown
    case expired
    case deleted
    case evicted
    case invalidated
    case lost
}
