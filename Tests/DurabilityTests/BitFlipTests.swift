import Bytes
import CacheModel
import TestDepth
import Testing

@testable import Durability

/// D4: one bit flipped anywhere in the directory is found, and no wrong value is ever served.
@Suite struct `A flipped bit` {
    @Test(arguments: TestPolicy.allCases)
    func `is refused, cut off with a word, or harmless`(policy: TestPolicy) throws {
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

    private func flip(_ bit: Int, of name: String, in written: WrittenLog) throws {
        let disk = SimulatedDisk(copying: written.disk)
        disk.edit(name) { $0[bit / 8] ^= 1 << (bit % 8) }
        do throws(RecoveryError) {
            let recovered = try recover(disk)
            let what = "seed \(firstSeed): bit \(bit) of \(name)"
            let end = recovered.end.last.number
            let count = written.ledger.records.prefix { $0.position.number <= end }.count
            let entries = (recovered.state as? FoldedState)?.entries
            #expect(entries == written.ledger.fold(count).entries, "\(what)")
            // Nothing is missing without a word.
            #expect(count == written.ledger.records.count || recovered.report.torn != nil, "\(what)")
            if name != written.lastSegment { #expect(count == written.ledger.records.count, "\(what)") }
        } catch {
            #expect(name != FileNames.mark, "\(error)")
            #expect(error.description.contains(name) || error.description.contains(FileNames.manifest), "\(error)")
        }
    }
}
