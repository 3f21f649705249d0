import Bytes
import CacheModel

extension EmbeddedEngine {
    func list(_ command: List, _ now: Instant, _ reply: inout Reply) { reply.outcome = .notIndexed }
    func group(_ command: Group, _ now: Instant, _ reply: inout Reply) { reply.outcome = .groupFailed }
}
