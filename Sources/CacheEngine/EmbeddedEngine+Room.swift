import CacheModel

/// How often one operation asks for room before it gives up: others may take what was made for it.
struct RoomAttempts {
    var left = 16
}

extension EmbeddedEngine {
    /// Has all shards in turn give a segment or so until there is room for `bytes`, those with less than the mean only
    /// when no other gives any more; called with no lock held.
    func makeRoom(_ bytes: Int, from start: Int, _ attempts: inout RoomAttempts, _ now: Instant) -> Bool {
        // What needs nearly everything would empty the cache for one value.
        guard attempts.left > 0, bytes <= context.pointee.account.limit / 8 * 7 else { return false }
        attempts.left -= 1
        var idle = 0
        var sparesLittle = true
        var number = start
        var effort = Shard.Effort()
        // Each segment won may take eight to be gone through; what is over that finds nothing to win.
        let most = bytes / SegmentStore.segmentBytes * 8 + allShardCount * 32
        while !context.pointee.account.hasRoom(for: bytes) {
            if sparesLittle, idle == allShardCount || effort.segments > most / 2 { (sparesLittle, idle) = (false, 0) }
            guard idle < allShardCount, effort.segments < most else { return false }
            number = (number + 1) % allShardCount
            let shard = shards[number]
            shard.lock.lock()
            let isAsked = !sparesLittle || shard.state.pointee.hasItsShare
            let gave = isAsked && shard.state.pointee.evictStep(bytes, &effort, now)
            shard.lock.unlock()
            idle = gave ? 0 : idle + 1
            if gave { effort.segments += 1 }
        }
        return true
    }

    /// Takes room for a step that writes in several shards, all of which are locked.
    ///
    /// What is missing is said of all of them: what one has taken it gives back while the others' is made, and had room
    /// been made for the one alone, each would take what the other lacks, in turns.
    /// - Parameter need: what a shard needs, by its number.
    func reserve(on numbers: [Int], _ now: Instant, need: (Int) -> GroupNeed) -> Shard.Room {
        var hasMoved = false
        for number in numbers {
            switch shards[number].state.pointee.reserve(need(number), now: now) {
            case .ready: break
            case .moved: hasMoved = true
            case .missing: return .missing(numbers.reduce(0) { $0 + need($1).bytes })
            }
        }
        return hasMoved ? .moved : .ready
    }
}
