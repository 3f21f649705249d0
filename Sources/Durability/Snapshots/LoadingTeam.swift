import CacheModel
import Posix
import Synchronization

/// Threads that unpack blocks of entries and apply them, in whatever order.
final class LoadingTeam: Sendable {
    private struct State {
        var waiting: [LoadedBlock] = []
        var entries: UInt64 = 0
        var isOver = false
        /// The first flaw somebody found, and in which block.
        var flaw: (flaw: SnapshotFlaw, offset: Int)?
        var noMemory = false
    }

    private let shared = Mutex(State())
    private let work = Semaphore()
    private let room = Semaphore()
    private let state: any DurableState
    private let progress: SnapshotProgress
    private let count: Int
    private let threads = ThreadGroup()
    private let isStopped = Atomic(false)

    init(threads count: Int, state: any DurableState, progress: SnapshotProgress) throws(SnapshotFailure) {
        self.count = count
        self.state = state
        self.progress = progress
        // Each thread may have one block in hand and one waiting.
        for _ in 0..<count * 2 { room.signal() }
        do throws(SystemError) {
            for _ in 0..<count { try threads.start(name: "nh-load") { [self] in run() } }
        } catch {
            stop()
            throw .resources("no thread to load a snapshot: \(error)")
        }
    }

    /// Hands a block over, waiting while all have enough; false when there is a flaw, so that going on is no use.
    func give(_ block: LoadedBlock) -> Bool {
        room.wait()
        let isSound = shared.withLock { shared in
            shared.waiting.append(block)
            return shared.flaw == nil && !shared.noMemory
        }
        work.signal()
        return isSound
    }

    private func run() {
        do throws(SnapshotFailure) {
            var scratch = try BlockScratch()
            while let block = next() {
                apply(block, &scratch)
                room.signal()
            }
        } catch {
            shared.withLock { $0.noMemory = true }
            while next() != nil { room.signal() }
        }
    }

    private func next() -> LoadedBlock? {
        work.wait()
        return shared.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    private func apply(_ block: LoadedBlock, _ scratch: inout BlockScratch) {
        if shared.withLock({ $0.flaw != nil }) { return }
        do throws(SnapshotFlaw) {
            try block.readAll(&scratch) { effect, position in state.apply(effect, at: position) }
            progress.addRecords(block.label.records)
            shared.withLock { $0.entries += UInt64(block.label.records) }
        } catch {
            shared.withLock { shared in
                if shared.flaw.map({ block.offset < $0.offset }) ?? true { shared.flaw = (error, block.offset) }
            }
        }
    }

    /// Waits until everything given is applied; returns how many entries that were.
    func finish(_ reader: SnapshotReader) throws(SnapshotFailure) -> UInt64 {
        stop()
        let (entries, flaw, noMemory) = shared.withLock { ($0.entries, $0.flaw, $0.noMemory) }
        if let flaw { throw reader.failure(flaw.flaw, at: flaw.offset) }
        if noMemory { throw .resources("no memory to unpack a snapshot") }
        return entries
    }

    /// Ends the threads behind what waits.
    func stop() {
        if isStopped.exchange(true, ordering: .relaxed) { return }
        for _ in 0..<count { work.signal() }
        threads.join()
    }
}
