import Bytes
import CacheModel
import TestDepth
import Testing

@testable import Durability

/// D3: what a crash leaves of the last segment.
@Suite struct `A torn tail` {
    private static let written: WrittenLog = {
        guard let log = try? WrittenLog(policy: .no, seed: 3, batches: 30) else { fatalError("no log") }
        return log
    }()
    private let written = Self.written

    /// Recovers a changed copy; the state must be that of the first `count` records.
    @discardableResult
    private func recovered(
        _ count: Int, _ what: String, strictTail: Bool = false, _ change: (inout [UInt8]) -> Void
    ) throws -> RecoveryReport {
        let disk = SimulatedDisk(copying: written.disk)
        disk.edit(written.lastSegment, change)
        let recovered = try recover(disk, strictTail: strictTail)
        let state = try #require(recovered.state as? FoldedState)
        #expect(state.entries == written.ledger.fold(count).entries, "\(what)")
        return recovered.report
    }

    private var lastThree: Range<Int> {
        let records = written.lastRecords
        return records[records.count - 4].end..<records.last!.end
    }

    @Test func `cut at every byte of its last three records keeps the whole ones and says so`() throws {
        for length in lastThree {
            let count = written.records(upTo: length)
            let isClean = written.lastRecords.contains { $0.end == length && $0.header.remaining == 0 }
            let report = try recovered(count, "cut at \(length)") { $0.removeLast($0.count - length) }
            #expect((report.torn == nil) == isClean, "cut at \(length)")
        }
    }

    @Test func `zeroed from every byte of its last three records keeps the whole ones`() throws {
        for length in lastThree {
            try recovered(written.records(upTo: length), "zeros from \(length)") { bytes in
                for index in length..<bytes.count { bytes[index] = 0 }
            }
        }
    }

    /// 1 to 4,096 bytes: all lengths each night, for a change those around the lengths of headers and every 16th.
    @Test func `with random bytes behind it keeps all, and keeps the bytes aside`() throws {
        let end = written.lastRecords.last!.end
        var random = SplitMix64(seed: firstSeed)
        let first = Int(random.next() % 16) + 1
        let some = [1, 2, 3, 7, 39, 40, 41, 47, 100, 511, 1000, 4095, 4096] + stride(from: first, to: 4096, by: 16)
        for added in repetitions(0, nightly: 1, release: 1) == 1 ? Array(1...4096) : some {
            let garbage = (0..<added).map { _ in UInt8(truncatingIfNeeded: random.next() | 1) }
            let what = "\(added) bytes, NUTHATCH_SEED=\(firstSeed)"
            let report = try recovered(written.ledger.records.count, what) { bytes in
                bytes.removeLast(bytes.count - end)
                bytes += garbage
            }
            #expect(report.torn?.bytes == added)
        }
    }

    @Test func `drops whole records behind a hole, and keeps what it cut`() throws {
        let disk = SimulatedDisk(copying: written.disk)
        let records = written.lastRecords
        let hole = records[records.count - 6].end
        disk.edit(written.lastSegment) { $0[hole + 20] ^= 1 }
        let torn = Array(try #require(disk.content(written.lastSegment))[..<records.last!.end])
        let recovered = try recover(disk)
        let state = try #require(recovered.state as? FoldedState)
        let count = written.records(upTo: hole)
        #expect(state.entries == written.ledger.fold(count).entries)
        let report = try #require(recovered.report.torn)
        #expect(report.offset <= hole && report.bytes == records.last!.end - report.offset)
        let kept = disk.content(FileNames.torn(written.manifest.segments.last!.id))
        #expect(kept == Array(torn[report.offset...]))
    }

    @Test func `that a later mark covers is damage`() throws {
        let log = try WrittenLog(policy: .always, seed: 8, batches: 12, segmentBytes: 1 << 20)
        let records = log.lastRecords
        let hole = records[records.count / 2].end
        log.disk.edit(log.lastSegment) { $0[hole + 20] ^= 1 }
        do throws(RecoveryError) {
            _ = try recover(log.disk)
            Issue.record("it was started")
        } catch {
            guard case .damage(let damage) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(damage.file == log.lastSegment && damage.offset <= hole)
            #expect(error.description.contains("--accept-loss"))
        }
    }

    @Test func `that only the mark file covers is listed as lost, and refused if strict`() throws {
        let log = try WrittenLog(policy: .always, seed: 9, batches: 12, segmentBytes: 1 << 20)
        let records = log.lastRecords
        let last = try #require(records.last { !$0.header.kind.isControl })
        log.disk.edit(log.lastSegment) { $0[last.end - 1] ^= 1 }
        let strict = SimulatedDisk(copying: log.disk)
        let lost = try #require(try recover(log.disk).report.lost)
        #expect(lost.upperBound == log.ledger.last)
        #expect {
            _ = try recover(strict, strictTail: true)
        } throws: { error in
            guard case .lostTail(_, _, lost.lowerBound, lost.upperBound) = error as? RecoveryError else { return false }
            return true
        }
    }

    /// A value may hold any bytes, also those of a log.
    @Test func `is not taken for damage because of a value that looks like a mark`() throws {
        let other = try WrittenLog(policy: .always, seed: 10, batches: 12, segmentBytes: 1 << 20)
        let fake = try #require(other.disk.content(other.lastSegment))
        let end = written.lastRecords.last!.end
        let report = try recovered(written.ledger.records.count, "a stranger's marks") { bytes in
            bytes.removeLast(bytes.count - end)
            bytes += fake
        }
        #expect(report.torn != nil && report.lost == nil)
    }
}
