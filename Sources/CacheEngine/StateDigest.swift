import CacheModel

/// What one entry adds to the digest of the data set: a sum of these does not depend on the order of entries, and a
/// change of one entry costs two mixes instead of a walk. The position stands for the content, which it names.
enum StateDigest {
    /// The finisher of MurmurHash3 over hash and position, so that neighbouring positions share no structure.
    @inline(always)
    static func mix(_ hash: UInt64, _ position: Position) -> UInt64 {
        var word = hash ^ (position.packed &* 0x9E37_79B9_7F4A_7C15)
        word ^= word &>> 33
        word &*= 0xFF51_AFD7_ED55_8CCD
        word ^= word &>> 33
        word &*= 0xC4CE_B9FE_1A85_EC53
        return word ^ (word &>> 33)
    }
}

extension EmbeddedEngine: ReplayState {
    package var digest: UInt64 {
        var sum: UInt64 = 0
        for number in 0..<allShardCount { sum &+= locked(shards[number]) { $0.digest } }
        return sum &+ boardDigest
    }

    /// What a reply about all keys reveals beside entries.
    func revealUntagged(in reply: inout Reply) {
        for number in 0..<shardCount {
            let (firm, last) = locked(shards[number]) { ($0.lastFirm, $0.lastUntagged) }
            reply.reveal(firm, late: last)
        }
    }

    package var lastPosition: Position { context.pointee.lastPosition }
}
