import Bytes
import CacheModel
import Posix

/// Makes a manifest out of what the files of a directory say of themselves, for a directory whose own is lost or
/// damaged. For reading only: what it names is the best that is left, not what counted.
package enum RebuiltManifest {
    /// - Throws: when no file of a history can be read, and when one was written by a newer version.
    package static func make(from disk: any Disk) throws(RestoreError) -> Manifest {
        let names: [String]
        do throws(SystemError) { names = try disk.names() } catch { throw .system(error) }
        do throws(RecoveryError) { try KnownFormats.check(names, of: disk) } catch { throw .recovery(error) }
        var snapshots: [(entry: SnapshotEntry, summary: SnapshotSummary)] = []
        for name in names {
            if let found = try snapshot(name, disk) { snapshots.append(found) }
        }
        let headers = names.compactMap { header($0, disk) }
        // The history that the newest file belongs to.
        let newestHeader = headers.max { $0.id < $1.id }
        let newestSnapshot = snapshots.max { $0.entry.position < $1.entry.position }
        guard let history = newestHeader?.history ?? newestSnapshot?.summary.head.history else {
            throw .recovery(.nothingLeft(disk.path))
        }
        // Digests hold under the secret of the snapshots; a log without any is folded without them.
        let secret = newestSnapshot?.summary.head.hashSecret ?? (0, 0)
        let first = headers.min { $0.firstPosition < $1.firstPosition }?.firstPosition ?? .none
        var manifest = Manifest(
            history: history, hashSecret: secret, epoch: newestHeader?.firstPosition.epoch ?? 1,
            start: snapshots.isEmpty ? first : .none)
        manifest.snapshots = snapshots.filter { $0.summary.head.history == history }.map(\.entry)
            .sorted { $0.position < $1.position }
        manifest.segments = segments(headers.filter { $0.history == history }, manifest, disk)
        manifest.nextFile = (names.compactMap(FileNames.id(in:)).max() ?? 0) + 1
        return manifest
    }

    private static func snapshot(
        _ name: String, _ disk: any Disk
    ) throws(RestoreError) -> (entry: SnapshotEntry, summary: SnapshotSummary)? {
        guard name.hasPrefix("snapshot-"), name.hasSuffix(".gz"), let id = FileNames.id(in: name) else { return nil }
        do throws(SnapshotFailure) {
            let summary = try SnapshotLoader(disk: disk, threads: 1).summary(name)
            return (summary.entry(id: id, madeAt: summary.head.wallTime, isRehearsed: false), summary)
        } catch {
            if case .newer(let newer) = error { throw .recovery(.newer(newer)) }
            return nil
        }
    }

    private static func header(_ name: String, _ disk: any Disk) -> SegmentHeader? {
        guard name.hasPrefix("log-"), let header = try? SegmentHeader.read(name, on: disk),
            FileNames.segment(header.id) == name
        else { return nil }
        return header
    }

    /// The segments in order, each ending where the next begins: what an earlier one has beyond that was written again
    /// into the later.
    private static func segments(
        _ headers: [SegmentHeader], _ manifest: Manifest, _ disk: any Disk
    ) -> [SegmentEntry] {
        let ordered = headers.sorted { $0.id < $1.id }
        var before: LogEnd?
        return ordered.enumerated().map { index, header in
            var entry = SegmentEntry(id: header.id, first: header.firstPosition)
            guard index + 1 < ordered.count, let segment = try? SegmentBytes(entry, of: header.history, on: disk) else {
                return entry
            }
            entry.closing = closing(segment, segment.bytes, before, upTo: ordered[index + 1].firstPosition)
            before = entry.closing?.end
            return entry
        }
    }

    private static func closing(
        _ segment: SegmentBytes, _ buffer: borrowing IOBuffer, _ before: LogEnd?, upTo next: Position
    ) -> SegmentClosing {
        let bytes = buffer.readable
        var walk = RecordWalk(segment.header, after: before)
        var firstTime: Instant?
        var end = walk.end
        while let record = try? walk.next(in: bytes), record.header.position.number < next.number {
            firstTime = firstTime ?? record.header.logTime
            end = walk.end
        }
        return SegmentClosing(
            last: end.log.last, length: end.offset, checksum: CRC32C.of(bytes.extracting(0..<end.offset)),
            firstTime: firstTime ?? end.log.lastTime, lastTime: end.log.lastTime)
    }
}
