import API
import CacheModel
import Durability
import HTTP1
import Observability
import Posix
import Reactor
import Synchronization

/// The whole server: builds the rooms, starts a thread for each loop, and takes them down again.
package enum CacheServer {
    /// A ticket names its loop in eight bits.
    private static let mostLoops = 256

    /// Serves until SIGTERM or SIGINT, then drains. A signal before the data is loaded ends the process at once.
    /// - Returns: the exit code: 0 after a drain, also when its time ran out.
    /// - Throws: `SystemError` when it cannot listen; what was wrong with the data directory.
    package static func run(configuration: ServerConfiguration) throws -> Int32 {
        Signals.block()
        Process.ignoreBrokenPipes()
        Process.ignoreFileSizeSignal()
        Process.returnLargeBlocks(of: configuration.largeBlockBytes)
        let descriptors = Process.raiseDescriptorLimit()
        let loops = configuration.loops > 0 ? configuration.loops : min(Process.availableCores, mostLoops)
        let listeners = try Listeners(
            host: configuration.host, port: configuration.port, count: loops,
            stallTimeout: Int32(clamping: configuration.writeTimeoutMilliseconds))
        let server = try Wiring.build(configuration, loops: loops, descriptors: descriptors)
        let threads = try startLoops(server, listeners)
        let failure = LogFailure(configuration.keeping.logFailure)
        let keepsData = !configuration.keeping.directory.isEmpty
        if !keepsData { server.open(server.api.openData.engine, keeper: nil) }
        Files.writeLine("nuthatch: listening on http://\(listeners.address.text)", to: .standardOutput)
        let loading = Loading()
        do throws(SystemError) {
            if keepsData { try loading.start { try load(server, failure) } }
        } catch {
            drain(server, threads)
            throw error
        }
        waitForStop(server)
        // Who was let in already is answered to the end.
        if loading.isUnderWay, server.keeper == nil { endBeforeReady(server, failure) }
        let flaw = loading.finish()
        drain(server, threads)
        if let flaw { throw flaw }
        if let snapshots = server.api.snapshots { makeLastSnapshot(snapshots) }
        server.keeper?.log.stop()
        if let archive = server.keeper?.archive { archiveTheRest(archive) }
        return failure.endsServer ? 1 : 0
    }

    private static func endBeforeReady(_ server: SharedServer, _ failure: LogFailure) -> Never {
        let directory = server.configuration.keeping.directory
        Files.writeLine(
            "nuthatch: stopped before it was ready: \(directory) was being loaded, and what it holds is kept",
            to: .standardError)
        Process.end(failure.endsServer ? 1 : 0)
    }

    private static func makeLastSnapshot(_ snapshots: SnapshotService) {
        let ticker = Ticker { snapshots.line }
        snapshots.stop()
        ticker.stop()
    }

    private static func archiveTheRest(_ archive: ArchiveService) {
        let ticker = Ticker { archive.line }
        let isDone = archive.stop()
        ticker.stop()
        if !isDone { Files.writeLine("nuthatch: the archive does not answer: not all is in it", to: .standardError) }
    }

    private static func drain(_ server: SharedServer, _ threads: LoopThreads) {
        server.api.readiness = .draining
        for mailbox in server.mailboxes { mailbox.deliver(ControlWord.drain) }
        threads.join()
    }

    /// Loads the data, then lets requests for it in. The loops answer meanwhile: alive, and not ready.
    private static func load(_ server: SharedServer, _ failure: LogFailure) throws {
        let configuration = server.configuration
        let start = Clock.monotonicMilliseconds()
        let mailboxes = server.mailboxes
        let progress = server.api.loading
        let ticker = Ticker { progress.line }
        defer { ticker.stop() }
        let opened = try DataDirectory.open(
            configuration.keeping, segmentBytes: configuration.segmentBytes,
            logQueueBytes: configuration.logQueueBytes,
            waker: HoldWaker(mailboxes) { failure.happened($0) }, progress: progress,
            makeEngine: { Wiring.engine(server, identity: $0, log: $1) })
        progress.begin(.done)
        for line in opened.lines { Files.writeLine("nuthatch: \(line)", to: .standardError) }
        let taken = Clock.monotonicMilliseconds() - start
        Files.writeLine(
            "nuthatch: \(configuration.keeping.directory) was loaded in \(taken) ms", to: .standardError)
        server.api.snapshots = opened.snapshots
        opened.topics.open(server.api.hub, history: opened.history.low)
        server.open(opened.engine, keeper: opened.keeper)
    }

    private static func startLoops(_ server: SharedServer, _ listeners: Listeners) throws -> LoopThreads {
        let threads = LoopThreads()
        let startup = Startup()
        for index in 0..<server.mailboxes.count {
            try threads.start(name: "loop-\(index)") {
                do {
                    let worker = try LoopWorker(server, index: index)
                    try worker.listen(on: listeners.take(index))
                    startup.started()
                    worker.run()
                } catch {
                    startup.failed(error)
                }
            }
        }
        // A loop that cannot start would leave a server that answers only some clients: then better none.
        if let failure = startup.wait(for: server.mailboxes.count) { throw failure }
        return threads
    }

    private static func waitForStop(_ server: SharedServer) {
        while true {
            switch Signals.wait() {
            case .stop: return
            case .reload: reloadTokens(server)
            }
        }
    }

    /// Reads the tokens anew (SIGHUP). With a file that cannot be taken those that are in force stay.
    private static func reloadTokens(_ server: SharedServer) {
        do throws(ConfigurationError) {
            let access = try server.configuration.tokens.accessPolicy()
            guard !access.isOpen || server.api.access.isOpen else {
                return Files.writeLine(
                    "nuthatch: no tokens are left; those in force stay, for without one everybody could come in",
                    to: .standardError)
            }
            server.api.access = access
            Files.writeLine("nuthatch: \(access.tokenCount) tokens are in force", to: .standardError)
        } catch {
            Files.writeLine("nuthatch: the tokens in force stay: \(error.description)", to: .standardError)
        }
    }
}

/// Waits until all loops accept, so that the server is not announced before.
private final class Startup: Sendable {
    private let failure = Mutex<(any Error)?>(nil)
    private let semaphore = Semaphore()

    func started() { semaphore.signal() }

    func failed(_ error: any Error) {
        failure.withLock { $0 = error }
        semaphore.signal()
    }

    /// - Returns: why a loop could not start, nil when all have.
    func wait(for count: Int) -> (any Error)? {
        for _ in 0..<count { semaphore.wait() }
        return failure.withLock { $0 }
    }
}

/// The threads of all loops, to be waited for together.
private final class LoopThreads {
    private final class Held {
        var thread: Thread?
        init(_ thread: consuming Thread) { self.thread = consume thread }
    }

    private var held: [Held] = []

    func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        held.append(Held(try Thread(name: name, body)))
    }

    func join() {
        for one in held { one.thread.take()?.join() }
        held = []
    }
}
