import Bytes
import CacheModel
import Posix
import Testing

@testable import Durability

/// What the log's thread does with what the shards hand it, step by step on a simulated disk.
@Suite struct `The log is written` {
    private let disk = SimulatedDisk()
    private let queue = LogQueue()

    /// A start on the disk, as the server makes one.
    private func appender(segmentBytes: Int = 1 << 20) throws -> LogAppender {
        disk.kill()
        let recovered = try recover(disk)
        let (store, digest) = (recovered.store, recovered.digest)
        return LogAppender(
            recovered.takeLog().takeWriter(), in: store, digest: digest, segmentBytes: segmentBytes, syncs: SyncTurn())
    }

    private func queue(_ position: Position, remaining: Int = 0) {
        let key = Array("key \(position.number)".utf8)
        let effect = Effect.delete(
            key: key.span, reason: .deleted, at: Instant(milliseconds: 1), version: nil,
            versionKeptUntil: Instant(milliseconds: 0))
        queue.append(effect, at: position, remaining: remaining, digestChange: 0)
    }

    private func step(_ appender: inout LogAppender, synced: Position = .none) -> LogAppender.Outcome {
        appender.step(queue, synced: synced, wall: Instant(milliseconds: 2_000_000), monotonic: 1)
    }

    private func position(_ number: UInt64, epoch: UInt64 = 1) -> Position { Position(epoch: epoch, number: number) }

    @Test func `records that come out of order are written in order, and none before one that is missing`() throws {
        var appender = try appender()
        queue(position(2))
        queue(position(4))
        #expect(step(&appender) == .idle)
        queue(position(1))
        #expect(step(&appender) == .written)
        #expect(appender.last == position(2))
        queue(position(3))
        #expect(step(&appender) == .written)
        #expect(appender.last == position(4))
        disk.kill()
        let recovered = try recover(disk)
        #expect(recovered.report.records == 4)
    }

    @Test func `a wall clock that was set by over a second leaves a record of how far`() throws {
        var appender = try appender()
        // The times of the two clocks when each record is written: one second apart at most, then set back, then on.
        let times: [(wall: Int64, monotonic: Int64)] = [
            (2_000_000, 10), (2_000_500, 510), (2_001_600, 610), (-1_598_300, 710), (2_001_800, 810), (2_001_900, 910),
        ]
        for (index, time) in times.enumerated() {
            queue(position(UInt64(index + 1)))
            let outcome = appender.step(
                queue, synced: .none, wall: Instant(milliseconds: time.wall), monotonic: time.monotonic)
            #expect(outcome == .written)
        }
        disk.kill()
        let manifest = try #require(try ManifestStore.read(from: disk))
        var steps: [UInt64: Int64] = [:]
        var lastTime = Instant(milliseconds: .min)
        try LogReader(disk: disk, manifest: manifest).walk(after: .none) { record, _, content in
            if case .control(.clockStep(let step)) = content { steps[record.header.position.number] = step }
            #expect(record.header.logTime >= lastTime)
            lastTime = record.header.logTime
            return true
        }
        // The wall clock went on by 1,100 ms, back by 3,599,900 and on by 3,600,100, while 100 ms passed each time.
        #expect(steps == [4: -3_600_000, 5: 3_600_000])
    }

    @Test func `an atomic group is written when all of it is there`() throws {
        var appender = try appender()
        queue(position(1))
        queue(position(2), remaining: 2)
        queue(position(3), remaining: 1)
        #expect(step(&appender) == .written)
        #expect(appender.last == position(1))
        queue(position(4))
        #expect(step(&appender) == .written)
        #expect(appender.last == position(4))
    }

    @Test func `a segment is closed early only when it holds a record`() throws {
        var appender = try appender()
        let wall = Instant(milliseconds: 2_000_000)
        #expect(appender.closeEarly(at: wall) == .idle)
        queue(position(1))
        #expect(step(&appender) == .written)
        #expect(appender.closeEarly(at: wall) == .written)
        #expect(appender.closeEarly(at: wall) == .idle)
        queue(position(2))
        #expect(step(&appender) == .written)
        let segments = try #require(try ManifestStore.read(from: disk)).segments
        #expect(segments.suffix(2).map(\.closing?.last) == [position(1), nil])
        #expect(try recoveredRecords() == 2)
    }

    @Test(arguments: ["create log", "create MANIFEST"])
    func `a segment that could not be closed early for want of room is followed by another`(call: String) throws {
        var appender = try appender()
        queue(position(1))
        #expect(step(&appender) == .written)
        disk.refuseNext(call)
        guard case .outOfSpace = appender.closeEarly(at: Instant(milliseconds: 2_000_000)) else {
            Issue.record("the segment was closed")
            return
        }
        queue(position(2))
        // What was left, which is nothing but the closing, and then the record.
        #expect(step(&appender) == .written)
        let isLeft = appender.isWriteLeft
        #expect(!isLeft)
        #expect(step(&appender) == .written)
        #expect(appender.last == position(2))
        #expect(try recoveredRecords() == 2)
    }

    /// How many records the next start finds.
    private func recoveredRecords() throws -> UInt64 {
        disk.kill()
        return try recover(disk).report.records
    }

    @Test func `what heaped up is written in batches that end where groups do`() {
        var batch = LogBatch(mostBytes: 1000)
        let inGroups: [UInt64: Int] = [9: 2, 10: 1, 20: 3, 21: 2, 22: 1]
        // The last comes first: it waits for all the others.
        queue(position(60))
        for number in 1...59 as ClosedRange<UInt64> { queue(position(number), remaining: inGroups[number] ?? 0) }
        var last: UInt64 = 0
        var batches = 0
        while last < 60 {
            let count = batch.fill(from: queue, after: last)
            #expect(count > 0, "nothing more comes behind \(last)")
            guard count > 0 else { return }
            #expect(batch.records.map(\.number) == Array(last + 1...last + UInt64(count)))
            #expect(batch.records.last?.remaining == 0)
            #expect(batch.bytes.count <= 1000 + 4 * 100)
            #expect(batch.records.reduce(0) { $0 + $1.length } == batch.bytes.count)
            last += UInt64(count)
            batches += 1
            batch.clear()
        }
        #expect(batches >= 4)
        let left = batch.fill(from: queue, after: last)
        #expect(left == 0)
    }

    @Test func `a record longer than a batch is written, and so is a group`() {
        var batch = LogBatch(mostBytes: 10)
        queue(position(1))
        queue(position(2), remaining: 1)
        queue(position(3))
        for expected in [1, 2, 0] {
            let count = batch.fill(from: queue, after: expected == 1 ? 0 : expected == 2 ? 1 : 3)
            #expect(count == expected)
            batch.clear()
        }
    }

    @Test func `the longest value, key and fields make a record that a start reads`() throws {
        var appender = try appender()
        let key = [UInt8](repeating: 107, count: Limits.stateNameBytes)
        let fields = [UInt8](repeating: 1, count: Limits.fieldsBytes)
        let value = [UInt8](repeating: 7, count: RecordHeader.maximumValue)
        let state = EntryState(
            modifiedAt: Instant(milliseconds: 1),
            lifetime: Lifetime(
                expiresAt: Instant(milliseconds: 1 << 50), idle: 1, staleWhileRevalidate: 2, staleIfError: 3),
            freshUntil: Instant(milliseconds: 1 << 49), version: 9)
        queue.append(
            .put(key: key.span, value: value.span, fields: fields.span, state: state), at: position(1), remaining: 0,
            digestChange: 0)
        #expect(step(&appender) == .written)
        disk.kill()
        let recovered = try recover(disk)
        #expect(recovered.report.records == 1)
        #expect(recovered.end.last == position(1))
    }

    /// Of lengths around that of what is read ahead, so that records lie on every kind of edge of it.
    @Test func `records are read whole wherever what is read ahead ends`() throws {
        var appender = try appender()
        let piece = SegmentWindow.pieceBytes
        let lengths = [1, -200, 77, 0, piece + 5, 3, -41, -40, 39, 4 * piece, -piece / 2, 9].map {
            $0 > 0 && $0 < 100 ? $0 : piece + $0
        }
        for (index, length) in lengths.enumerated() {
            let (key, value): ([UInt8], [UInt8]) = ([107], Array(repeating: UInt8(index), count: length))
            let none: [UInt8] = []
            let state = EntryState(
                modifiedAt: Instant(milliseconds: 1), lifetime: Lifetime(), freshUntil: .never, version: nil)
            queue.append(
                .put(key: key.span, value: value.span, fields: none.span, state: state),
                at: position(UInt64(index + 1)), remaining: 0, digestChange: 0)
        }
        #expect(step(&appender) == .written)
        disk.kill()
        let manifest = try #require(try ManifestStore.read(from: disk))
        for start in 0..<lengths.count {
            var read: [[UInt8]] = []
            let after = start == 0 ? Position.none : position(UInt64(start))
            try LogReader(disk: disk, manifest: manifest).read(after: after, through: position(12)) { effect, _ in
                if case .put(_, let value, _, _, _) = effect { read.append(value.copied()) }
            }
            #expect(read.map(\.count) == Array(lengths[start...]))
            #expect(read.enumerated().allSatisfy { pair in pair.1.allSatisfy { $0 == UInt8(start + pair.0) } })
        }
    }

    @Test func `a record of the greatest length is read, one byte more is not`() {
        var bytes = [UInt8](repeating: 0, count: RecordHeader.size)
        func peek(_ length: Int) -> RecordHeader? {
            for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
            return RecordHeader.peek(bytes.span, at: 0)
        }
        #expect(peek(RecordHeader.maximumLength) != nil)
        #expect(peek(RecordHeader.maximumLength + 1) == nil)
    }

    /// A start in a new epoch writes again what the old one left, so the segment begins in the old epoch.
    @Test func `behind records that were written again the log goes on in the new epoch`() throws {
        var first = try appender()
        queue(position(1))
        #expect(step(&first) == .written)
        for epoch in UInt64(2)...4 {
            var next = try appender()
            let made = position(epoch, epoch: epoch)
            queue(made)
            #expect(step(&next, synced: position(1)) == .written)
            #expect(next.last == made, "what was written is not told under its position")
        }
        disk.kill()
        let recovered = try recover(disk)
        #expect(recovered.end.last == position(4, epoch: 4))
        #expect(recovered.report.records == 4)
    }

    @Test func `what finds no room waits and is written to a new segment when there is some`() throws {
        var appender = try appender()
        queue(position(1))
        #expect(step(&appender) == .written)
        disk.limit(to: 90)
        for number in UInt64(2)...5 { queue(position(number)) }
        guard case .outOfSpace = step(&appender) else {
            Issue.record("a full disk took everything")
            return
        }
        #expect(appender.last < position(5))
        queue(position(6))
        guard case .outOfSpace = step(&appender) else {
            Issue.record("a full disk took a new segment")
            return
        }
        disk.limit(to: nil)
        #expect(step(&appender) == .written)
        #expect(appender.last == position(5))
        #expect(step(&appender) == .written)
        #expect(appender.last == position(6))
        disk.kill()
        let recovered = try recover(disk)
        #expect(recovered.end.last == position(6, epoch: 1))
        #expect(recovered.report.records == 6)
    }

    @Test func `a group that finds room for a part of it is written as a whole to a new segment`() throws {
        var appender = try appender()
        queue(position(1))
        #expect(step(&appender) == .written)
        disk.limit(to: 250)
        for number in UInt64(2)...9 { queue(position(number), remaining: number < 4 ? 0 : 9 - Int(number)) }
        guard case .outOfSpace = step(&appender) else {
            Issue.record("a full disk took everything")
            return
        }
        #expect(appender.last <= position(3), "a part of a group counts")
        disk.limit(to: nil)
        #expect(step(&appender) == .written)
        #expect(appender.last == position(9))
        disk.kill()
        let recovered = try recover(disk)
        #expect(recovered.end.last == position(9))
        #expect(recovered.report.records == 9)
    }

    @Test(arguments: ["rename", "fdatasync"])
    func `what failed for good is not taken for a full disk`(call: String) throws {
        var appender = try appender(segmentBytes: 1 << 16)
        var number: UInt64 = 1
        disk.refuseNext(call)
        var outcome = LogAppender.Outcome.idle
        // Until the segment is closed, which syncs it and changes the manifest.
        while number < 30_000, outcome == .idle || outcome == .written {
            queue(position(number))
            outcome = step(&appender)
            number += 1
        }
        guard case .failed = outcome else {
            Issue.record("\(call) without room made it \(outcome)")
            return
        }
    }

    @Test func `a segment that never came to count is removed`() throws {
        var appender = try appender(segmentBytes: 1 << 16)
        // The manifest's new text, before it takes the place of the old.
        disk.refuseNext("create MANIFEST")
        var refused = 0
        for number in UInt64(1)...30_000 where refused == 0 || appender.store.current.segments.count < 3 {
            queue(position(number))
            if case .outOfSpace = step(&appender) { refused += 1 }
        }
        #expect(refused == 1)
        let manifest = appender.store.current
        #expect(manifest.segments.count == 3)
        let kept = Set(manifest.segments.map(\.name))
        #expect(try disk.names().filter { FileNames.id(in: $0) != nil && !kept.contains($0) } == [])
    }

    @Test func `segments become longer where there are many`() {
        let asked = 64 << 10
        #expect(SegmentLength.bytes(asked, behind: 4095) == asked)
        #expect(SegmentLength.bytes(asked, behind: 4096) == 2 * asked)
        #expect(SegmentLength.bytes(1 << 30, behind: 1_000_000) == 1 << 30)
        var (count, total) = (0, 0)
        while total < 1 << 40 {
            total += SegmentLength.bytes(asked, behind: count)
            count += 1
        }
        #expect(count * 140 < Manifest.maximumBytes, "a terabyte of log has a manifest that is not read")
    }

    @Test func `room that was not made for a segment does not count as left in it`() throws {
        var options = Recovery.Options()
        options.segmentRoom = 0
        let recovered = try Recovery(disk: disk, options: options, now: Instant(milliseconds: 1)) { _ in
            FoldedState(last: .none)
        }.run()
        let (store, digest) = (recovered.store, recovered.digest)
        let made = LogAppender(
            recovered.takeLog().takeWriter(), in: store, digest: digest, segmentBytes: 1 << 20, syncs: SyncTurn())
        let left = made.roomLeft
        #expect(left == 0)
        let usual = try appender().roomLeft
        #expect(usual > 0)
    }

    @Test func `a small disk keeps room beside its segments`() {
        let small = DiskSpace(free: 64 << 20, total: 64 << 20)
        #expect(small.reserve == 64 << 20 / 20)
        #expect(small.segment(64 << 20) == small.spare / 4)
        let large = DiskSpace(free: 1 << 40, total: 1 << 41)
        #expect(large.reserve == 64 << 20 && large.segment(64 << 20) == 64 << 20)
        #expect(DiskSpace(free: 1, total: 1 << 30).segment(1 << 20) == 0)
    }

    /// What heaps up behind a full disk may be more than a segment holds, and so may one value.
    @Test(arguments: [false, true])
    func `a batch longer than a segment has a segment of its own`(isDiskFullBefore: Bool) throws {
        var appender = try appender(segmentBytes: 1 << 16)
        queue(position(1))
        #expect(step(&appender) == .written)
        var number: UInt64 = 2
        if isDiskFullBefore {
            disk.limit(to: 0)
            queue(position(number))
            guard case .outOfSpace = step(&appender) else {
                Issue.record("a full disk took a record")
                return
            }
            disk.limit(to: nil)
            number += 1
        }
        while queue.byteCount <= 1 << 16 {
            queue(position(number))
            number += 1
        }
        if isDiskFullBefore { #expect(step(&appender) == .written) }
        #expect(step(&appender) == .written)
        queue(position(number))
        #expect(step(&appender) == .written)
        #expect(appender.last == position(number))
        disk.kill()
        let recovered = try recover(disk)
        #expect(recovered.end.last == position(number))
        #expect(recovered.report.records == number)
    }

    @Test func `after a failed sync no file of the log is synced again`() throws {
        let syncs = SyncTurn()
        let file = try disk.create("log-1")
        try syncs.sync(file)
        disk.failPower(after: 0)
        #expect(throws: SystemError.self) { try syncs.sync(file) }
        disk.failPower(after: nil)
        let calls = disk.calls
        #expect(throws: SystemError.self) { try syncs.sync(file) }
        #expect(disk.calls == calls, "the disk was asked again")
    }
}

/// What replies and changes go by.
@Suite struct `The log's progress` {
    private let start = Position(epoch: 1, number: 10)
    private let next = Position(epoch: 1, number: 11)

    @Test func `acknowledgements that a hanging sync covers still count as unsynced`() {
        let progress = LogProgress(at: start, policy: .everysec)
        progress.noteWritten(next, at: 5000)
        #expect(!progress.isStalled(at: 5999))
        progress.beginSync()
        #expect(!progress.isStalled(at: 5999))
        #expect(progress.isStalled(at: 6000))
        progress.noteSynced(next)
        progress.endSync(at: 6100)
        #expect(!progress.isStalled(at: 9000))
    }

    @Test func `what is written during a sync has a second of its own`() {
        let progress = LogProgress(at: start, policy: .everysec)
        progress.noteWritten(next, at: 5000)
        progress.beginSync()
        progress.noteWritten(Position(epoch: 1, number: 12), at: 5400)
        progress.endSync(at: 5600)
        #expect(progress.oldestUnsynced == 5400)
        #expect(!progress.isStalled(at: 6399))
        #expect(progress.isStalled(at: 6400))
    }

    @Test func `a write that took past the second leaves its replies to the sync`() {
        let progress = LogProgress(at: start, policy: .everysec)
        let (second, third) = (Position(epoch: 1, number: 12), Position(epoch: 1, number: 13))
        progress.noteWritten(next, at: 5000)
        progress.beginSync()
        progress.noteWritten(second, at: 5900)
        #expect(progress.released == second)
        progress.noteWritten(third, at: 6000)
        #expect(progress.written == third && progress.released == second)
        progress.noteSynced(next)
        progress.endSync(at: 6100)
        #expect(progress.released == third, "what no sync covers is younger than a second again")
        progress.beginSync()
        progress.noteSynced(third)
        progress.endSync(at: 9000)
        #expect(progress.released == third && !progress.isStalled(at: 9000))
    }

    @Test func `a sync that took long lets go what it covers, and what came meanwhile with the next`() {
        let progress = LogProgress(at: start, policy: .everysec)
        let second = Position(epoch: 1, number: 12)
        progress.noteWritten(next, at: 5000)
        progress.beginSync()
        progress.noteWritten(second, at: 6500)
        progress.noteSynced(next)
        progress.endSync(at: 7500)
        #expect(progress.released == next && progress.isStalled(at: 7500))
        progress.beginSync()
        progress.noteSynced(second)
        progress.endSync(at: 7600)
        #expect(progress.released == second)
    }

    @Test func `a failure stays also when another thread sees the log open at that moment`() throws {
        for _ in 0..<200 {
            let progress = LogProgress(at: start, policy: .always)
            let threads = ThreadGroup()
            try threads.start(name: "opens") { for _ in 0..<300 { progress.enter(.open) } }
            progress.enter(.failed)
            threads.join()
            #expect(progress.state == .failed)
        }
    }

    @Test(arguments: FsyncPolicy.allCases)
    func `after a failure only what is on the disk is released`(policy: FsyncPolicy) {
        let progress = LogProgress(at: start, policy: policy)
        progress.noteWritten(next, at: 5000)
        #expect(progress.released == (policy == .always ? start : next))
        progress.enter(.failed)
        #expect(progress.released == start)
        progress.enter(.open)
        #expect(progress.state == .failed, "a failed log came back")
    }
}
