import Glibc
import Synchronization

/// SIGTERM during a load asks for its end: what is under way is answered, and the figures are told.
enum Ending {
    private static let asked = Atomic(false)

    static var isAsked: Bool { asked.load(ordering: .relaxed) }

    static func listen() {
        signal(SIGTERM) { _ in Ending.asked.store(true, ordering: .relaxed) }
    }
}
