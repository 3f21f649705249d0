import Bytes
import CacheModel
import Posix

/// Looks through a data directory that nobody uses, and changes nothing: manifest, checksums, unbroken positions,
/// digests, and each snapshot in rehearsal.
package struct DirectoryCheck: Sendable {
    /// What a directory is worth.
    package enum Verdict: Sendable, Comparable {
        case sound
        /// The log ends in an unfinished record, as after a crash: a start cuts it off.
        case torn
        /// Something is damaged or missing.
        case damaged
        /// Something was written by a newer version: nothing can be said of it.
        case newer

        /// What `verify` exits with.
        package var exitCode: Int32 {
            switch self {
            case .sound: 0
            case .torn: 1
            case .damaged, .newer: 2
            }
        }
    }

    /// What was found, a sentence a line.
    package struct Findings: Sendable {
        package var verdict = Verdict.sound
        package var lines: [String] = []

        mutating func add(_ verdict: Verdict, _ line: String) {
            self.verdict = max(self.verdict, verdict)
            lines.append(line)
        }

        /// Names bytes behind the end of a closed segment: no damage, for a start that ends between the manifest that
        /// closes a segment and the cutting of its file leaves them, and nobody reads them.
        mutating func noteSurplus(of segment: SegmentBytes) {
            guard segment.surplus > 0, let closing = segment.entry.closing else { return }
            let name = segment.entry.name
            add(.sound, "\(name), byte \(closing.length): \(segment.surplus) bytes behind its end do not count")
        }

        mutating func add(_ error: RecoveryError) { add(error.isNewer ? .newer : .damaged, "\(error)") }

        mutating func add(_ failure: SnapshotFailure) { add(failure.isNewer ? .newer : .damaged, "\(failure)") }
    }

    let disk: any Disk
    let progress: SnapshotProgress
    /// Gives an empty state to rehearse in, under a hash secret.
    let makeState: @Sendable ((UInt64, UInt64)) -> any RehearsalState

    package init(
        disk: any Disk, progress: SnapshotProgress = SnapshotProgress(),
        makeState: @escaping @Sendable ((UInt64, UInt64)) -> any RehearsalState
    ) {
        self.disk = disk
        self.progress = progress
        self.makeState = makeState
    }

    package func run() -> Findings {
        var findings = Findings()
        guard let manifest = Self.readManifest(disk, &findings) else { return findings }
        if let names = try? disk.names() {
            let known = manifest.fileNames
            findings.lines += names.filter { !known.contains($0) }.map { "\($0) is not in the manifest" }
        }
        checkSnapshots(manifest, &findings)
        checkEnd(manifest, &findings)
        // What a newer version wrote is its to judge.
        if findings.verdict != .newer { checkLog(manifest, &findings) }
        return findings
    }

    /// What to do about a directory without a manifest.
    package static let otherDirectory = "Look whether it is the data directory. If it is: \(RecoveryError.ways)"

    /// The manifest; nil, and why, where there is none that can be used.
    static func readManifest(_ disk: any Disk, _ findings: inout Findings) -> Manifest? {
        do throws(RecoveryError) {
            if let manifest = try KnownFormats.manifest(of: disk) { return manifest }
            findings.add(.damaged, "\(disk.path) has no \(FileNames.manifest). \(Self.otherDirectory)")
        } catch {
            findings.add(error)
        }
        return nil
    }

    private func checkSnapshots(_ manifest: Manifest, _ findings: inout Findings) {
        for snapshot in manifest.snapshots {
            let loader = SnapshotLoader(disk: disk, threads: Process.availableCores, progress: progress)
            do throws(SnapshotFailure) {
                _ = try loader.rehearse(
                    snapshot.name, in: makeState(manifest.hashSecret), expected: snapshot)
                findings.add(
                    .sound,
                    "\(snapshot.name): sound, \(snapshot.entries) entries at position \(snapshot.position.text)")
            } catch {
                findings.add(error)
            }
        }
    }

    // MARK: The end of the log

    private func checkEnd(_ manifest: Manifest, _ findings: inout Findings) {
        do throws(RecoveryError) {
            let mark = try MarkFile.read(of: manifest.history, on: disk)
            var place: WalkEnd?
            if let closing = manifest.segments.last?.closing {
                place = WalkEnd(offset: closing.length, log: closing.end)
            }
            if let entry = manifest.segments.last, entry.closing == nil {
                let segment = try SegmentBytes(entry, of: manifest.history, on: disk)
                let before = manifest.segments.dropLast().last?.closing?.end
                let exam = try TailExam(segment, after: before, mark: mark)
                place = exam.end
                if let flaw = exam.flaw {
                    findings.add(
                        .torn,
                        "\(entry.name), byte \(exam.end.offset): torn behind position \(exam.end.log.last.text): "
                            + "\(flaw). A start cuts it off")
                }
            }
            if let mark, let place, let entry = manifest.segments.last, mark.position.number > place.log.last.number {
                let first = Position(epoch: place.log.last.epoch, number: place.log.last.number + 1)
                throw .lostTail(
                    file: entry.name, offset: place.offset, first: first, last: max(first, mark.position))
            }
        } catch {
            findings.add(error)
        }
    }

    // MARK: The log as a whole

    /// Goes through every record there is, from the earliest point that can be folded, and compares all digests.
    private func checkLog(_ manifest: Manifest, _ findings: inout Findings) {
        let state = makeState(manifest.hashSecret)
        var start = LogEnd(last: manifest.start.predecessor, lastTime: Instant(milliseconds: .min))
        if !manifest.hasWholeLog {
            guard let snapshot = loadOldest(manifest, into: state) else {
                let first = manifest.segments.first ?? SegmentEntry(id: 0, first: .none)
                let reason = "no sound snapshot lies before it, so that the log cannot be folded"
                return findings.add(.damage(LogDamage(first, at: 0, reason: reason)))
            }
            start = LogEnd(last: snapshot.position, lastTime: snapshot.logTime)
        }
        var replay = PrefixReplay(state: state, at: start, through: nil)
        progress.phase = .tail
        do throws(RecoveryError) {
            try LogReader(disk: disk, manifest: manifest).walk(after: start.last) { record, segment, content in
                replay.take(record, segment, content)
                progress.records = replay.records
                return !replay.isOver
            }
            if let damage = replay.damage { throw damage }
            try checkClosed(manifest, &findings)
            findings.add(.sound, "the log: \(replay.records) records up to position \(replay.whole.last.text)")
        } catch {
            findings.add(error)
        }
    }

    private func loadOldest(_ manifest: Manifest, into state: any DurableState) -> SnapshotEntry? {
        for snapshot in manifest.snapshots {
            let loader = SnapshotLoader(disk: disk, threads: Process.availableCores, progress: progress)
            if (try? loader.load(snapshot.name, into: state, expected: snapshot)) != nil { return snapshot }
        }
        return nil
    }

    /// Closed segments are the files that were closed, up to bytes that belong to no record.
    private func checkClosed(_ manifest: Manifest, _ findings: inout Findings) throws(RecoveryError) {
        for entry in manifest.segments {
            guard let closing = entry.closing else { continue }
            let segment = try SegmentBytes(entry, of: manifest.history, on: disk)
            guard Self.checksum(segment.bytes) == closing.checksum else {
                throw .damage(
                    LogDamage(entry, at: closing.length, last: closing.last, reason: "not the file that was closed"))
            }
            findings.noteSurplus(of: segment)
        }
    }

    private static func checksum(_ buffer: borrowing IOBuffer) -> UInt32 { CRC32C.of(buffer.readable) }
}
