import Bytes
import Posix
import Synchronization

/// The file a snapshot is written to: blocks go to the packer and come back in order.
struct SnapshotOutput {
    let file: any DiskFile
    let packer: SnapshotPacker
    let threads: Int
    let progress: SnapshotProgress
    /// Whose reserve is not touched: the log must go on beside the snapshot.
    let disk: (any Disk)?
    private(set) var length = 0
    /// Of the whole file so far.
    private(set) var checksum = CRC32C()
    /// Over the blocks' checksums, as the foot holds it.
    private var checksums = CRC32C()
    private var given: UInt32 = 0
    private var written: UInt32 = 0
    private var unsynced = 0

    init(
        file: any DiskFile, packer: SnapshotPacker, threads: Int, progress: SnapshotProgress, disk: (any Disk)?
    ) {
        self.disk = disk
        self.file = file
        self.packer = packer
        self.threads = threads
        self.progress = progress
    }

    mutating func put(_ kind: SnapshotBlock.Kind, _ bytes: consuming IOBuffer) throws(SnapshotFailure) {
        try put(PendingBlock(kind, number: given, records: 0, bytes))
    }

    mutating func put(_ collector: inout BlockCollector) throws(SnapshotFailure) {
        guard let block = collector.take(number: given) else { return }
        try put(block)
    }

    /// Gives a block to the packer; waits while it has enough to do.
    private mutating func put(_ block: PendingBlock) throws(SnapshotFailure) {
        packer.give(block)
        given += 1
        while given - written > UInt32(threads) {
            packer.wait()
            try writeReady()
        }
    }

    /// Writes what is packed and next in order.
    private mutating func writeReady() throws(SnapshotFailure) {
        while let block = packer.take(written) {
            written += 1
            try block.bytes.withLock { bytes throws(SnapshotFailure) in try write(bytes.readable) }
        }
    }

    private mutating func write(_ member: Span<UInt8>) throws(SnapshotFailure) {
        do throws(SystemError) {
            try leaveReserve(for: member.count)
            try file.writeAll(member, at: length)
            unsynced += member.count
            if unsynced >= SnapshotWriter.syncBytes { try sync() }
        } catch {
            throw .disk(error)
        }
        length += member.count
        progress.bytes = UInt64(length)
        checksum.add(member)
        checksums.add(member.extracting(SnapshotBlock.checksumRange))
    }

    private func leaveReserve(for count: Int) throws(SystemError) {
        guard let disk, try DiskSpace(of: disk).spare < count else { return }
        throw .outOfSpace("a snapshot that leaves the log its room")
    }

    private mutating func sync() throws(SystemError) {
        try file.sync()
        unsynced = 0
    }

    private mutating func writeAll() throws(SnapshotFailure) {
        try writeReady()
        while written < given {
            packer.wait()
            try writeReady()
        }
    }

    /// Writes what is left and the foot, and waits for the disk.
    mutating func finish(
        _ end: LogPoint, entries: UInt64, tailRecords: UInt64
    ) throws(SnapshotFailure) -> SnapshotFoot {
        try writeAll()
        let foot = SnapshotFoot(
            position: end.position, logTime: end.logTime, entries: entries, tailRecords: tailRecords,
            digest: end.digest, blocks: written, checksums: checksums.value)
        var bytes = IOBuffer()
        foot.encode(into: &bytes)
        try put(.foot, bytes)
        try writeAll()
        progress.phase = .syncing
        do throws(SystemError) { try sync() } catch { throw .disk(error) }
        return foot
    }
}
