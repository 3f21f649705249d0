import Bytes
import CacheModel
import Compression
import Posix

/// Loads a snapshot into a state with all cores, or rehearses it.
///
/// The calling thread reads and checks; others unpack, decode and apply. Entries may be applied in any order: of two
/// captures of a key the one at the higher position stays. The tail is applied in order behind them.
///
/// Memory beside the state: a few blocks for each thread.
package struct SnapshotLoader {
    let disk: any Disk
    let progress: SnapshotProgress
    let threads: Int

    package init(disk: any Disk, threads: Int, progress: SnapshotProgress = SnapshotProgress()) {
        self.disk = disk
        self.threads = max(1, threads)
        self.progress = progress
    }

    /// Loads a whole snapshot into an empty state and checks that it became the one that was written: every block's
    /// checksum, the counts, the digest. After an error the state is to be thrown away.
    /// - Parameter expected: what the manifest says of the file, checked too; nil for a file on its own.
    package func load(
        _ name: String, into state: any DurableState, expected: SnapshotEntry? = nil
    ) throws(SnapshotFailure) -> SnapshotSummary {
        state.forgetDepartures()
        return try run(name, in: state, expected)
    }

    /// Checks a snapshot as loading it would, with memory only for the keys of its tail.
    package func rehearse(
        _ name: String, in state: any RehearsalState, expected: SnapshotEntry? = nil
    ) throws(SnapshotFailure) -> SnapshotSummary {
        progress.phase = .rehearsing
        state.rememberOnlyExpected()
        var reader = try open(name, expected)
        var scratch = try BlockScratch()
        while !reader.isAtEnd {
            if progress.isStopped { throw .cancelled }
            guard let block = try reader.nextBlock([.tail]) else { continue }
            do throws(SnapshotFlaw) {
                try block.readAll(&scratch) { effect, _ in state.expect(effect) }
            } catch {
                throw reader.failure(error, at: block.offset)
            }
        }
        return try run(name, in: state, expected)
    }

    /// What a file says of itself: its checksums are right, its records are not looked at.
    package func summary(_ name: String) throws(SnapshotFailure) -> SnapshotSummary {
        var reader = try open(name)
        var scratch = try BlockScratch()
        let head = try readHead(&reader, &scratch)
        while !reader.isAtEnd {
            guard let block = try reader.nextBlock(), block.label.kind == .foot else { continue }
            let foot = try readFoot(block, reader, &scratch)
            return SnapshotSummary(head: head, foot: foot, length: reader.offset, checksum: reader.checksum.value)
        }
        throw reader.failure(.short)
    }

    /// What a file says of itself before its entries; the rest of it is not looked at.
    func head(_ name: String) throws(SnapshotFailure) -> SnapshotHead {
        var reader = try open(name)
        var scratch = try BlockScratch()
        return try readHead(&reader, &scratch)
    }

    private func open(
        _ name: String, _ expected: SnapshotEntry? = nil
    ) throws(SnapshotFailure) -> SnapshotReader {
        let file: any DiskFile
        do throws(SystemError) { file = try disk.openForReading(name) } catch { throw .disk(error) }
        return try SnapshotReader(file, name: name, position: expected?.position)
    }

    private func run(
        _ name: String, in state: any DurableState, _ expected: SnapshotEntry?
    ) throws(SnapshotFailure) -> SnapshotSummary {
        var reader = try open(name, expected)
        var scratch = try BlockScratch()
        let head = try readHead(&reader, &scratch)
        state.beginLoading(entries: reader.entriesToExpect(expected?.entries ?? 0))
        let team = try LoadingTeam(threads: threads, state: state, progress: progress)
        var counts = LoadedCounts()
        let last: LoadedBlock
        do throws(SnapshotFailure) {
            last = try readEntries(&reader, team)
            counts.entries = try team.finish(reader)
        } catch {
            team.stop()
            throw error
        }
        state.endLoading()
        let foot = try readTail(from: last, &reader, &scratch, state, &counts)
        let summary = SnapshotSummary(head: head, foot: foot, length: reader.offset, checksum: reader.checksum.value)
        try check(summary, counts, reader, state.digest, expected)
        return summary
    }

    private func readHead(
        _ reader: inout SnapshotReader, _ scratch: inout BlockScratch
    ) throws(SnapshotFailure) -> SnapshotHead {
        guard let block = try reader.nextBlock(), block.label.kind == .head else {
            throw reader.failure(.order, at: 0)
        }
        do throws(SnapshotFlaw) {
            try block.unpack(&scratch)
            return try SnapshotHead(scratch.bytes.readable)
        } catch {
            throw reader.failure(error, at: 0)
        }
    }

    /// Gives blocks of entries to the team; returns the first block that is none.
    private func readEntries(
        _ reader: inout SnapshotReader, _ team: LoadingTeam
    ) throws(SnapshotFailure) -> LoadedBlock {
        while true {
            if progress.isStopped { throw .cancelled }
            guard !reader.isAtEnd, let block = try reader.nextBlock() else { throw reader.failure(.short) }
            progress.bytes = UInt64(reader.offset)
            guard block.label.kind == .entries else { return block }
            guard team.give(block) else { _ = try team.finish(reader); throw .cancelled }
        }
    }

    /// Applies the tail, record by record, up to the foot at the file's end.
    private func readTail(
        from first: LoadedBlock, _ reader: inout SnapshotReader, _ scratch: inout BlockScratch,
        _ state: any DurableState, _ counts: inout LoadedCounts
    ) throws(SnapshotFailure) -> SnapshotFoot {
        var block = first
        while block.label.kind == .tail {
            if progress.isStopped { throw .cancelled }
            do throws(SnapshotFlaw) {
                try block.readAll(&scratch) { effect, position in state.apply(effect, at: position) }
            } catch {
                throw reader.failure(error, at: block.offset)
            }
            counts.tailRecords += UInt64(block.label.records)
            guard !reader.isAtEnd, let next = try reader.nextBlock() else { throw reader.failure(.short) }
            progress.bytes = UInt64(reader.offset)
            block = next
        }
        return try readFoot(block, reader, &scratch)
    }

    private func readFoot(
        _ block: LoadedBlock, _ reader: SnapshotReader, _ scratch: inout BlockScratch
    ) throws(SnapshotFailure) -> SnapshotFoot {
        guard block.label.kind == .foot else { throw reader.failure(.order, at: block.offset) }
        guard reader.isAtEnd else { throw reader.failure(.long) }
        do throws(SnapshotFlaw) {
            try block.unpack(&scratch)
            return try SnapshotFoot(scratch.bytes.readable)
        } catch {
            throw reader.failure(error, at: block.offset)
        }
    }

    /// What the foot and the manifest say must be what was found.
    private func check(
        _ summary: SnapshotSummary, _ counts: LoadedCounts, _ reader: SnapshotReader, _ digest: UInt64,
        _ expected: SnapshotEntry?
    ) throws(SnapshotFailure) {
        let foot = summary.foot
        guard foot.blocks == reader.blocks.count, foot.checksums == reader.blocks.checksums else {
            throw reader.failure(.order)
        }
        guard foot.entries == counts.entries, foot.tailRecords == counts.tailRecords,
            summary.head.start <= foot.position
        else { throw reader.failure(.counts) }
        guard digest == foot.digest else { throw reader.failure(.digest(digest, expected: foot.digest)) }
        guard let expected else { return }
        guard expected.length == summary.length, expected.checksum == summary.checksum,
            expected.position == foot.position, expected.digest == foot.digest
        else { throw reader.failure(.file) }
    }
}

/// Records that were found, as the foot counts them.
struct LoadedCounts {
    var entries: UInt64 = 0
    var tailRecords: UInt64 = 0
}
