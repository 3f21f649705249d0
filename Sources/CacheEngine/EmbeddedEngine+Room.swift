import CacheModel

/// How often one operation asks other shards for room before it gives up.
struct RoomAttempts {
    var left = 4
}

extension EmbeddedEngine {
    func makeRoomElsewhere(_ bytes: Int, than own: Int, _ attempts: inout RoomAttempts, _ now: Instant) -> Bool {
        false
    }
}
