/// Writes a line on standard error every second while long work is done, on a thread of its own; nothing for work that
/// is shorter.
public final class Ticker: Sendable {
    private let over = Semaphore()
    private let threads = ThreadGroup()

    /// - Parameter line: how far the work is, without the program's name; nil to say nothing this time. Without a
    ///   thread for it nothing is said.
    public init(_ line: @escaping @Sendable () -> String?) {
        try? threads.start(name: "nh-progress") { [over] in
            while !over.wait(milliseconds: 1000) {
                if let line = line() { Files.writeLine("nuthatch: \(line)", to: .standardError) }
            }
        }
    }

    /// Ends the thread; nothing is written behind it.
    public func stop() {
        over.signal()
        threads.join()
    }
}
