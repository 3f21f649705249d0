import Posix
import Synchronization

/// What happens when the log has failed: it is said, and the server ends if it was told to.
final class LogFailure: Sendable {
    private let reaction: LogFailureSetting
    private let flag = Atomic<Bool>(false)

    init(_ reaction: LogFailureSetting) { self.reaction = reaction }

    /// Whether it is why the server ends.
    var endsServer: Bool { reaction == .exit && flag.load(ordering: .acquiring) }

    func happened(_ error: String) {
        flag.store(true, ordering: .releasing)
        let end = reaction == .exit ? "the server ends" : "reads go on, nothing can be changed"
        Files.writeLine("nuthatch: the log has failed: \(error); \(end)", to: .standardError)
        if reaction == .exit { Signals.requestStop() }
    }
}
