import Bytes
import CacheModel
import Compression
import Posix

/// Reads the blocks of a snapshot in order, each checked against its label; unpacking them is for others.
///
/// Bounded: a block may be as long as ``SnapshotBlock/maximumLength`` says, whatever the file claims.
package struct SnapshotReader {
    let file: any DiskFile
    let name: String
    /// Whose state it is to be, for messages; nil where that is not known.
    private let position: Position?
    private let fileLength: Int
    private(set) var offset = 0
    /// Of the bytes read so far.
    private(set) var checksum = CRC32C()
    private var checksums = CRC32C()
    private var next: UInt32 = 0

    package init(_ file: any DiskFile, name: String, position: Position? = nil) throws(SnapshotFailure) {
        self.file = file
        self.position = position
        self.name = name
        do throws(SystemError) { fileLength = try file.length() } catch { throw .disk(error) }
    }

    /// As many entries as somebody says are in the file, but not more than could be: deflated, the least of them with a
    /// key and a position of its own takes more than four bytes.
    func entriesToExpect(_ said: UInt64) -> Int { Int(min(said, UInt64(fileLength / 4))) }

    var isAtEnd: Bool { offset == fileLength }

    /// What the foot must say of the blocks before it.
    var blocks: (count: UInt32, checksums: UInt32) { (next, checksums.value) }

    func failure(_ flaw: SnapshotFlaw, at offset: Int? = nil) -> SnapshotFailure {
        let offset = offset ?? self.offset
        if let form = flaw.newerForm { return .newer(NewerFormat(file: name, offset: offset, what: form)) }
        return .flawed(SnapshotError(file: name, offset: offset, flaw: flaw, position: position))
    }

    /// Where the next block begins and ends, and its label as it stands there.
    private func peek() throws(SnapshotFailure) -> (GzipMember.Head, SnapshotBlock.Label) {
        let count = GzipMember.labelOffset + SnapshotBlock.labelBytes
        var start = IOBuffer(capacity: count)
        guard try read(count, into: &start) == count else { throw failure(.short) }
        let head: GzipMember.Head
        do throws(Gzip.Failure) {
            head = try GzipMember.head(start.readable, label: SnapshotBlock.labelBytes)
        } catch {
            throw failure(.form)
        }
        guard head.length <= SnapshotBlock.maximumLength, head.inflatedLength <= SnapshotBlock.maximumLength else {
            throw failure(.form)
        }
        guard head.length <= fileLength - offset else { throw failure(.short) }
        do throws(SnapshotFlaw) {
            return (head, try SnapshotBlock.peek(start.readable))
        } catch {
            throw try failure(error, ofBlock: head)
        }
    }

    /// A block of an unknown kind is a newer version's only if its checksum is right.
    private func failure(
        _ flaw: SnapshotFlaw, ofBlock head: GzipMember.Head
    ) throws(SnapshotFailure) -> SnapshotFailure {
        guard case .kind = flaw else { return failure(flaw) }
        var bytes = IOBuffer(capacity: head.length)
        guard try read(head.length, into: &bytes) == head.length, SnapshotBlock.isSealed(bytes.readable) else {
            return failure(.checksum)
        }
        return failure(flaw)
    }

    private func read(_ count: Int, into buffer: inout IOBuffer) throws(SnapshotFailure) -> Int {
        do throws(SystemError) {
            return try file.readAll(at: offset, upTo: count, into: &buffer)
        } catch {
            throw .disk(error)
        }
    }

    /// Goes past the next block without looking at it, unless it is of a kind in `wanted`; nil when it was skipped.
    mutating func nextBlock(_ wanted: Set<SnapshotBlock.Kind>? = nil) throws(SnapshotFailure) -> LoadedBlock? {
        let (head, label) = try peek()
        guard label.number == next else { throw failure(.order) }
        defer { offset += head.length }
        if let wanted, !wanted.contains(label.kind) {
            next += 1
            return nil
        }
        var bytes = IOBuffer(capacity: head.length)
        guard try read(head.length, into: &bytes) == head.length else { throw failure(.short) }
        checksum.add(bytes.readable)
        do throws(SnapshotFlaw) { _ = try SnapshotBlock.label(bytes.readable) } catch { throw failure(error) }
        if label.kind != .foot {
            checksums.add(bytes.readable.extracting(SnapshotBlock.checksumRange))
            next += 1
        }
        return LoadedBlock(label, head, offset: offset, bytes)
    }
}
