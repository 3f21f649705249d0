import Bytes
import Compression
import Posix
import Synchronization

/// A block on its way to the file: records first, then the packed member in their place.
final class PendingBlock: Sendable {
    let kind: SnapshotBlock.Kind
    let number: UInt32
    let records: Int
    let bytes: Mutex<IOBuffer>

    init(_ kind: SnapshotBlock.Kind, number: UInt32, records: Int, _ bytes: consuming sending IOBuffer) {
        self.kind = kind
        self.number = number
        self.records = records
        self.bytes = Mutex(bytes)
    }

    func pack(_ writer: inout GzipMemberWriter) {
        bytes.withLock { bytes in
            var member = IOBuffer()
            writer.append(
                bytes.readable, label: SnapshotBlock.labelBytes, to: &member, betweenPieces: Thread.giveWay)
            SnapshotBlock.seal(&member, kind, number: number, records: records)
            bytes = member
        }
    }
}

/// Packs blocks on threads of low priority; the thread that captures takes them back in order.
final class SnapshotPacker: Sendable {
    private struct State {
        var waiting: [PendingBlock] = []
        var packed: [UInt32: PendingBlock] = [:]
    }

    private let state = Mutex(State())
    private let work = Semaphore()
    private let done = Semaphore()
    private let threads = ThreadGroup()
    private let count: Int

    /// - Throws: when there are no threads or no memory for them.
    init(threads count: Int, level: Int) throws(SnapshotFailure) {
        self.count = count
        for _ in 0..<count {
            do {
                let writer = Mutex<GzipMemberWriter>(try GzipMemberWriter(level: level))
                let packer = PackingThread(writer)
                try threads.start(name: "nh-pack") { [self] in run(packer) }
            } catch {
                stop()
                throw .resources("no thread to pack a snapshot: \(error)")
            }
        }
    }

    private func run(_ packer: PackingThread) {
        Thread.lowerPriority()
        while true {
            work.wait()
            let next = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
            guard let next else { return }
            packer.writer.withLock { next.pack(&$0) }
            state.withLock { $0.packed[next.number] = next }
            done.signal()
        }
    }

    func give(_ block: PendingBlock) {
        state.withLock { $0.waiting.append(block) }
        work.signal()
    }

    /// Waits until one more block is packed.
    func wait() { done.wait() }

    /// The packed block of this number, when it is.
    func take(_ number: UInt32) -> PendingBlock? { state.withLock { $0.packed.removeValue(forKey: number) } }

    /// Ends the threads; blocks that wait are dropped.
    func stop() {
        state.withLock { $0.waiting = [] }
        for _ in 0..<count { work.signal() }
        threads.join()
    }
}

private final class PackingThread: Sendable {
    let writer: Mutex<GzipMemberWriter>
    init(_ writer: consuming sending Mutex<GzipMemberWriter>) { self.writer = writer }
}
