import Bytes
import CacheModel
import Compression
import Posix
import Synchronization

/// A block as it came from the file.
final class LoadedBlock: Sendable {
    let label: SnapshotBlock.Label
    /// Its first byte in the file.
    let offset: Int
    private let head: GzipMember.Head
    private let packed: Mutex<IOBuffer>

    init(_ label: SnapshotBlock.Label, _ head: GzipMember.Head, offset: Int, _ packed: consuming sending IOBuffer) {
        self.label = label
        self.head = head
        self.offset = offset
        self.packed = Mutex(packed)
    }

    /// Puts what it inflates to into the scratch.
    func unpack(_ scratch: inout BlockScratch) throws(SnapshotFlaw) {
        scratch.bytes.removeAll(keeping: SnapshotBlock.targetBytes * 2)
        let isWhole = packed.withLock { packed in scratch.unpack(packed.readable, head) }
        guard isWhole else { throw .gzip }
    }

    /// Gives its records to `body`.
    func readAll(
        _ scratch: inout BlockScratch, _ body: (borrowing Effect, Position) -> Void
    ) throws(SnapshotFlaw) {
        try unpack(&scratch)
        var given = 0
        let count = try SnapshotRecord.readAll(scratch.bytes.readable) { effect, position in
            body(effect, position)
            given += 1
            Thread.giveWay(atStep: given)
        }
        guard count == label.records else { throw .counts }
    }
}

/// What one thread unpacks with: zlib's state and the bytes of one block.
struct BlockScratch: ~Copyable {
    private var reader: GzipMemberReader
    var bytes = IOBuffer()

    init() throws(SnapshotFailure) {
        do throws(Gzip.Failure) {
            reader = try GzipMemberReader()
        } catch {
            throw .resources("no memory to unpack a snapshot")
        }
    }

    fileprivate mutating func unpack(_ member: Span<UInt8>, _ head: GzipMember.Head) -> Bool {
        do throws(Gzip.Failure) {
            try reader.append(member, head, to: &bytes, betweenPieces: Thread.giveWay)
            return true
        } catch {
            return false
        }
    }
}
