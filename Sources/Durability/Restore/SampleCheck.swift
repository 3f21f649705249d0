import Bytes
import CacheModel
import Posix

/// Looks through a few files of a data directory, chosen by chance, also beside the server that uses it; changes
/// nothing and takes no lock.
///
/// Chosen are closed segments and snapshots: files that nobody writes any more. Each is judged whole: a segment by
/// every record, their links and the checksum it was closed with, a snapshot in rehearsal. The manifest is read first.
/// A file may be removed meanwhile, as retention does; one that fails is judged only if the manifest names it still.
///
/// Run now and then it finds what rots where nobody reads. That the log folds to the digests in it, and how it ends,
/// only ``DirectoryCheck`` sees. Memory: one segment, and the keys of one snapshot's tail.
package struct SampleCheck: Sendable {
    /// At most so many files are looked at.
    package static let segments = 4
    package static let snapshots = 1

    let disk: any Disk
    let seed: UInt64
    let progress: SnapshotProgress
    let makeState: @Sendable ((UInt64, UInt64)) -> any RehearsalState

    /// - Parameters:
    ///   - seed: what is chosen follows from it.
    ///   - makeState: gives an empty state to rehearse in, under a hash secret.
    package init(
        disk: any Disk, seed: UInt64, progress: SnapshotProgress = SnapshotProgress(),
        makeState: @escaping @Sendable ((UInt64, UInt64)) -> any RehearsalState
    ) {
        self.disk = disk
        self.seed = seed
        self.progress = progress
        self.makeState = makeState
    }

    package func run() -> DirectoryCheck.Findings {
        var findings = DirectoryCheck.Findings()
        guard let manifest = DirectoryCheck.readManifest(disk, &findings) else { return findings }
        var random = SplitMix64(seed: seed)
        let closed = manifest.segments.indices.filter { manifest.segments[$0].closing != nil }
        let segments = Self.choose(Self.segments, of: closed, &random)
        let snapshots = Self.choose(Self.snapshots, of: Array(manifest.snapshots.indices), &random)
        for index in snapshots { check(manifest.snapshots[index], of: manifest, &findings) }
        for index in segments { check(segment: index, of: manifest, &findings) }
        findings.add(
            .sound,
            "looked at \(segments.count) of \(closed.count) closed segments and \(snapshots.count) of "
                + "\(manifest.snapshots.count) snapshots, seed \(seed)")
        return findings
    }

    /// So many of them, or all, in their order.
    private static func choose(_ count: Int, of indices: [Int], _ random: inout SplitMix64) -> [Int] {
        var left = indices
        var chosen: [Int] = []
        while chosen.count < count, !left.isEmpty {
            chosen.append(left.remove(at: Int(random.next() % UInt64(left.count))))
        }
        return chosen.sorted()
    }

    private func check(
        _ snapshot: SnapshotEntry, of manifest: Manifest, _ findings: inout DirectoryCheck.Findings
    ) {
        let loader = SnapshotLoader(disk: disk, threads: 1, progress: progress)
        do throws(SnapshotFailure) {
            _ = try loader.rehearse(snapshot.name, in: makeState(manifest.hashSecret), expected: snapshot)
            findings.add(.sound, "\(snapshot.name): sound, \(snapshot.entries) entries")
        } catch {
            judge(snapshot.name, &findings) { $0.add(error) }
        }
    }

    private func check(segment index: Int, of manifest: Manifest, _ findings: inout DirectoryCheck.Findings) {
        let entry = manifest.segments[index]
        let before = index > 0 ? manifest.segments[index - 1].closing?.end : nil
        do throws(RecoveryError) {
            let segment = try SegmentBytes(entry, of: manifest.history, on: disk)
            let checked = try CheckedSegment(segment, after: before, base: .none, lanes: 1)
            progress.addRecords(checked.records)
            findings.add(.sound, "\(entry.name): sound, \(checked.records) records")
            findings.noteSurplus(of: segment)
        } catch {
            judge(entry.name, &findings) { $0.add(error) }
        }
    }

    /// A file failed: unless it was taken out of the manifest meanwhile, that is damage.
    private func judge(
        _ name: String, _ findings: inout DirectoryCheck.Findings, add: (inout DirectoryCheck.Findings) -> Void
    ) {
        if let manifest = try? ManifestStore.read(from: disk), !manifest.fileNames.contains(name) {
            return findings.add(.sound, "\(name) was removed meanwhile")
        }
        add(&findings)
    }
}
