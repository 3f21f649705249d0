import Bytes
import CacheModel
import Posix
import Testing

@testable import Durability

@Suite struct `A start` {
    @Test func `of an empty directory begins a history`() throws {
        let disk = SimulatedDisk()
        let recovered = try recover(disk)
        #expect(recovered.digest == 0 && recovered.end.last == Position(epoch: 1, number: 0))
        let manifest = try #require(try ManifestStore.read(from: disk))
        #expect(manifest.segments.map(\.first) == [Position(epoch: 1, number: 1)])
    }

    @Test func `keeps the history and raises the epoch where something may have been seen`() throws {
        let written = try WrittenLog(policy: .everysec, seed: 1, batches: 10)
        let recovered = try recover(written.disk)
        #expect(recovered.store.current.history == written.manifest.history)
        #expect(recovered.store.current.epoch == 2 && recovered.report.hasNewEpoch)
        let synced = try WrittenLog(policy: .always, seed: 1, batches: 10)
        #expect(try recover(synced.disk).store.current.epoch == 1)
    }

    @Test(arguments: [1, 2, 3, 8])
    func `with several threads comes to the same state`(lanes: Int) throws {
        for batches in [100, 1500] {
            let written = try WrittenLog(
                policy: .no, seed: 4, batches: batches, segmentBytes: 64 << 10, digestInterval: 300)
            #expect(written.isWorthReadingAhead == (batches > 100))
            let recovered = try recover(written.disk, lanes: lanes)
            let state = try #require(recovered.state as? FoldedState)
            #expect(state.entries == written.ledger.fold(written.ledger.records.count).entries)
            #expect(recovered.report.records == UInt64(written.ledger.records.count))
        }
    }

    @Test func `names what is damaged, however much is read ahead`() throws {
        let written = try WrittenLog(policy: .always, seed: 5, batches: 1500, segmentBytes: 64 << 10)
        #expect(written.isWorthReadingAhead)
        for segment in written.manifest.segments.dropLast() {
            let disk = SimulatedDisk(copying: written.disk)
            disk.edit(segment.name) { $0[$0.count / 2] ^= 1 }
            #expect {
                _ = try recover(disk, lanes: 2)
            } throws: { error in
                guard case .damage(let damage) = error as? RecoveryError else { return false }
                return damage.file == segment.name
            }
        }
    }

    @Test func `is refused while another process has the directory`() throws {
        let disk = SimulatedDisk()
        let first = try recover(disk)
        #expect(throws: RecoveryError.locked("simulated")) { _ = try recover(disk) }
        _ = first
    }

    @Test func `is refused without a manifest, and leaves strangers alone`() throws {
        let written = try WrittenLog(policy: .always, seed: 2, batches: 5)
        written.disk.place("notes.txt", [1])
        written.disk.place(FileNames.segment(99), [2])
        let recovered = try recover(written.disk)
        #expect(recovered.report.unknownFiles == [FileNames.segment(99), "notes.txt"])
        #expect(recovered.log.writer.header.id > 99)
        written.disk.kill()
        try written.disk.remove(FileNames.manifest)
        #expect {
            _ = try recover(written.disk)
        } throws: { error in
            guard case .noManifest = error as? RecoveryError else { return false }
            return true
        }
    }

    @Test func `is refused when a segment is missing or a stranger's, or its header damaged`() throws {
        let written = try WrittenLog(policy: .always, seed: 6, batches: 60)
        let name = written.manifest.segments[0].name
        for change: @Sendable (SimulatedDisk) throws -> Void in [
            { try $0.remove(name) }, { disk in disk.edit(name) { $0[16] ^= 1 } },
            { disk in disk.edit(name) { $0[8] = 9 } },
            { disk in disk.place(name, disk.content(written.lastSegment)!) },
        ] {
            let disk = SimulatedDisk(copying: written.disk)
            try change(disk)
            #expect {
                _ = try recover(disk)
            } throws: { error in
                guard case .damage(let damage) = error as? RecoveryError else { return false }
                return damage.file == name
            }
        }
    }

    @Test func `compares digests and stops on a difference`() throws {
        let written = try WrittenLog(policy: .always, seed: 7, batches: 20, segmentBytes: 1 << 20)
        var isForged = false
        written.disk.edit(written.lastSegment) { bytes in
            Self.forge(&bytes) { buffer, record, offset in
                if record.kind == .digest, !isForged {
                    buffer[offset + RecordHeader.size] ^= 1
                    isForged = true
                }
            }
        }
        #expect {
            _ = try recover(written.disk)
        } throws: { error in
            guard case .digest = error as? RecoveryError else { return false }
            return true
        }
    }

    /// Whoever looks first, the threads that apply or the one that reads ahead, says the same.
    @Test(arguments: [1, 2, 3])
    func `names the first record that is sound and says what cannot be`(lanes: Int) throws {
        let written = try WrittenLog(policy: .always, seed: 8, batches: 300, segmentBytes: 1 << 20)
        #expect(written.ledger.records.count > LogReplay.worthSharing)
        var puts = 0
        written.disk.edit(written.lastSegment) { bytes in
            Self.forge(&bytes) { buffer, record, offset in
                guard record.kind == .put else { return }
                puts += 1
                // The first of them by its value's place, which whoever looks for the key alone does not see.
                if puts == 90 || puts == 91 { Self.forgeFieldsLength(&buffer, record, offset) }
            }
        }
        let entry = try #require(written.manifest.segments.last)
        let history = written.manifest.history
        let segment = try SegmentBytes(entry, of: history, on: written.disk)
        let content = try #require(written.disk.content(written.lastSegment))
        let length = content.span.contentEnd
        let start = LogEnd(last: entry.first.predecessor, lastTime: Instant(milliseconds: .min))
        let expected = try #require(throws: RecoveryError.self) {
            _ = try CheckedSegment(segment, upTo: length, after: start, base: .none, lanes: 1)
        }
        #expect("\(expected)".contains("fields have 65535 bytes"))
        let replay = LogReplay(
            disk: written.disk, history: history, state: FoldedState(), base: .none, lanes: lanes,
            progress: RecoveryProgress())
        #expect(throws: expected) {
            _ = try replay.run([LogReplay.Part(entry: entry, length: length)], bytes: length, after: start)
        }
    }

    private static func forgeFieldsLength(_ buffer: inout IOBuffer, _ record: RecordHeader, _ offset: Int) {
        let flags = offset + RecordHeader.size + 8
        let key = flags + 1 + buffer[flags].nonzeroBitCount * 8
        let fields = key + 2 + Int(buffer[key]) + Int(buffer[key + 1]) << 8
        (buffer[fields], buffer[fields + 1]) = (255, 255)
    }

    /// Lets records be changed and seals everything again, as if it had been written so.
    private static func forge(
        _ bytes: inout [UInt8], _ change: (inout IOBuffer, RecordHeader, Int) -> Void
    ) {
        guard var link = try? SegmentHeader(bytes.span).checksum, let header = try? SegmentHeader(bytes.span) else {
            return
        }
        var buffer = IOBuffer()
        buffer.append(bytes)
        var offset = SegmentHeader.size
        while let record = RecordHeader.peek(buffer.readable, at: offset) {
            change(&buffer, record, offset)
            link = RecordFrame.seal(
                &buffer, at: offset, previous: link, stamp: header.stamp, logTime: record.logTime,
                wallTime: record.wallTime)
            offset += record.length
        }
        bytes = buffer.readable.copied()
    }
}

@Suite struct `Reading the log` {
    private func log() throws -> (WrittenLog, LogReader) {
        let written = try WrittenLog(policy: .everysec, seed: 11, batches: 80)
        return (written, LogReader(disk: written.disk, manifest: written.manifest))
    }

    @Test func `gives the records behind one position up to another`() throws {
        let (written, reader) = try log()
        let records = written.ledger.records
        for (start, end) in [(0, records.count), (1, 2), (5, 60), (60, records.count), (7, 7)] {
            var read: [OwnedEffect] = []
            let after = start == 0 ? written.ledger.start : records[start - 1].position
            let through = end == start ? after : records[end - 1].position
            try reader.read(after: after, through: through) { effect, _ in read.append(OwnedEffect(effect)) }
            #expect(read == records[start..<end].map { record in record.effect.with { OwnedEffect($0) } })
        }
        let beyond = Position(epoch: 1, number: written.ledger.last.number + 1)
        #expect(throws: RecoveryError.self) { try reader.read(after: beyond.predecessor, through: beyond) { _, _ in } }
    }

    @Test func `finds the last moment at or before a time, never inside a group`() throws {
        let (written, reader) = try log()
        let records = written.ledger.records
        for milliseconds in stride(from: 999_990, through: 1_020_000, by: 37) {
            let time = Instant(milliseconds: Int64(milliseconds))
            let expected = records.last { $0.time <= time && $0.remaining == 0 }?.position
            let found = try reader.moment(at: time)?.last
            #expect((found?.number ?? 0) == (expected?.number ?? 0), "at \(milliseconds)")
        }
    }

    @Test func `finds the times of a position`() throws {
        let (written, reader) = try log()
        for record in written.ledger.records where record.position.number % 17 == 0 {
            #expect(try reader.record(at: record.position)?.logTime == record.time)
        }
        #expect(try reader.record(at: Position(epoch: 1, number: 1 << 40)) == nil)
    }
}

extension WrittenLog {
    fileprivate var isWorthReadingAhead: Bool {
        manifest.segments.reduce(0) { $0 + ($1.closing?.length ?? 0) } >= LogReplay.worthReadingAhead
    }
}
