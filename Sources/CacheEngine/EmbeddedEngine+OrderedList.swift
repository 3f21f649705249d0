import Bytes
import CacheModel

extension EmbeddedEngine {
    func listInOrder(_ command: List, _ now: Instant, _ reply: inout Reply) {
        reply.outcome = .notIndexed
    }
}
