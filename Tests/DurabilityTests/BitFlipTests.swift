import Bytes
import CacheModel
import TestDepth
import Testing

@testable import Durability

/// D4: one bit flipped anywhere in the directory is found, and no wrong value is ever served.
@Suite struct `A flipped bit` {
    @Test(arguments: FsyncPolicy.allCases)
    func `is refused, cut off with a word, or harmless`(policy: FsyncPolicy) throws {
        let written = try WrittenLog(policy: policy, seed: 5, batches: 60)
        #expect(written.manifest.segments.count > 2)
        let names = try written.disk.names()
        var random = SplitMix64(seed: firstSeed)
        for _ in 0..<repetitions(350, nightly: 17_500, release: 175_000) {
            let name = names[Int(random.next() % UInt64(names.count))]
            let bit = Int(random.next() % UInt64(written.disk.content(name)!.count * 8))
            try flip(bit, of: name, in: written)
        }
    }

    /// A directory of some 64 KiB: several segments, a snapshot with log behind it, manifest and mark.
    private static let whole: WrittenLog = {
        let log = try? WrittenLog(policy: .always, seed: 5, batches: 64, segmentBytes: 12 << 10, snapshotBehind: 45)
        guard let log else { fatalError("no log") }
        return log
    }()

    /// A start takes some 5 ms in a debug build, so a change tries every 64th byte from one of chance on; each night
    /// tries every byte, a release every bit.
    @Test(arguments: 0..<4)
    func `is found in every file of a directory, at whichever byte`(part: Int) throws {
        let files = try Self.whole.disk.names().map { (name: $0, bytes: Self.whole.disk.content($0)!.count) }
        let all = files.reduce(0) { $0 + $1.bytes }
        #expect(Self.whole.manifest.segments.count > 2 && Self.whole.manifest.snapshots.count == 1)
        #expect(all > 60_000 && all < 80_000, "\(all) bytes")
        let step = repetitions(64, nightly: 1, release: 1)
        let isEveryBit = repetitions(0, nightly: 0, release: 1) == 1
        var random = SplitMix64(seed: firstSeed &+ UInt64(part))
        var place = part + 4 * Int(random.next() % UInt64(step))
        var start = 0
        for file in files {
            while place < start + file.bytes {
                let chosen = Int(random.next() % 8)
                for bit in isEveryBit ? 0..<8 : chosen..<chosen + 1 {
                    try flip((place - start) * 8 + bit, of: file.name, in: Self.whole)
                }
                place += 4 * step
            }
            start += file.bytes
        }
    }

    private func flip(_ bit: Int, of name: String, in written: WrittenLog) throws {
        let disk = SimulatedDisk(copying: written.disk)
        disk.edit(name) { $0[bit / 8] ^= 1 << (bit % 8) }
        let what = "NUTHATCH_SEED=\(firstSeed): bit \(bit) of \(name)"
        do throws(RecoveryError) {
            let recovered = try recover(disk)
            let end = recovered.end.last.number
            let count = written.ledger.records.prefix { $0.position.number <= end }.count
            let entries = (recovered.state as? FoldedState)?.entries
            #expect(entries == written.ledger.fold(count).entries, "\(what)")
            // Nothing is missing without a word.
            #expect(count == written.ledger.records.count || recovered.report.torn != nil, "\(what)")
            if name.hasPrefix("snapshot-") {
                #expect(recovered.report.snapshot == nil && !recovered.report.warnings.isEmpty, "\(what)")
            }
            if name != written.lastSegment { #expect(count == written.ledger.records.count, "\(what)") }
        } catch {
            #expect(name != FileNames.mark, "\(what): \(error)")
            let told = error.description
            #expect(told.contains(name) || told.contains(FileNames.manifest), "\(what): \(error)")
        }
    }
}
