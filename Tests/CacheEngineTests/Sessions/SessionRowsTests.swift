import Bytes
import CacheModel
import TestDepth
import Testing

@testable import CacheEngine

@Suite struct SessionRowsTests {
    @Test("random additions and removals leave the rows a set would have, in order, and their bytes are counted")
    func rows() {
        let seed = testSeed()
        print("session rows: seed \(seed)")
        var random = SplitMix64(seed: seed)
        var rows = SessionRows()
        var model: Set<[UInt64]> = []
        var bytes = 0
        for step in 0..<40_000 {
            // First it grows, then it shrinks to nothing.
            let adds = random.next() % 100 < (step < 15_000 ? 70 : 30)
            let numbers = [random.next() % 8, random.next() % 1000, random.next() % 2]
            let row = SessionRows.Row(
                group: numbers[0], handle: SessionHandle(first: numbers[1], second: 0), tag: numbers[2])
            if adds {
                bytes += rows.insert(row)
                model.insert(numbers)
            } else {
                bytes += rows.remove(row)
                model.remove(numbers)
            }
            if step % 1000 == 0 {
                rows.checkInvariants()
                #expect(bytes == rows.bytes && rows.count == model.count, "seed \(seed)")
            }
        }
        for group in 0..<UInt64(8) {
            let wanted = Set(model.filter { $0[0] == group }.map { $0[1] }).sorted()
            #expect(rows.handles(of: group, after: nil, most: .max).map(\.first) == wanted, "seed \(seed)")
            guard let middle = wanted.dropFirst(wanted.count / 2).first else { continue }
            let behind = rows.handles(of: group, after: SessionHandle(first: middle, second: 0), most: 5)
            #expect(behind.map(\.first) == Array(wanted.filter { $0 > middle }.prefix(5)), "seed \(seed)")
        }
        for numbers in model {
            let row = SessionRows.Row(
                group: numbers[0], handle: SessionHandle(first: numbers[1], second: 0), tag: numbers[2])
            bytes += rows.remove(row)
        }
        #expect(rows.count == 0 && bytes == 0 && rows.bytes == 0)
    }
}
