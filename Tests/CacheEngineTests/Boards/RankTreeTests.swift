import Bytes
import TestDepth
import Testing

@testable import CacheEngine

@Suite struct `the order of a board` {
    /// Entries as the model keeps them: sorted by key, then reference.
    private struct Entry: Comparable {
        var words: [UInt64]
        var reference: UInt32

        static func < (left: Entry, right: Entry) -> Bool {
            left.words == right.words
                ? left.reference < right.reference : left.words.lexicographicallyPrecedes(right.words)
        }

        var key: RankKey {
            var key = RankKey()
            for (index, word) in words.enumerated() { key[index] = word }
            return key
        }
    }

    @Test(arguments: [(1, 50), (2, 3000), (3, 10), (4, 1_000_000)])
    func `agrees with a sorted array, whatever comes and goes`(words: Int, spread: UInt64) {
        let seed = testSeed()
        var random = SplitMix64(seed: seed)
        let heap = BoardHeap()
        var tree: RankTree? = RankTree(words: words, names: nil, heap: heap)
        var model: [Entry] = []
        var next: UInt32 = 1
        for step in 0..<6000 {
            let grows = step < 3500 ? 70 : 30
            if model.isEmpty || random.next() % 100 < grows {
                // The last word is unique, as a tie is.
                var entry = Entry(words: (1..<max(words, 1)).map { _ in random.next() % spread }, reference: next)
                entry.words.append(words == 1 ? random.next() : UInt64(next))
                next += 1
                tree?.insert(entry.key, entry.reference)
                let place = model.firstIndex { entry < $0 } ?? model.count
                model.insert(entry, at: place)
            } else {
                let gone = model.remove(at: Int(random.next() % UInt64(model.count)))
                tree?.remove(gone.key, gone.reference)
            }
            if step % 1000 == 999 { tree?.checkInvariants() }
            guard let tree, tree.count == model.count, !model.isEmpty else { continue }
            let index = Int(random.next() % UInt64(model.count))
            let there = tree.place(at: index).map { tree.reference(at: $0) }
            #expect(there == model[index].reference, "seed \(seed), step \(step)")
            #expect(tree.countBefore(model[index].key, model[index].reference) == index, "seed \(seed), step \(step)")
            let first = model[index].words[0]
            var probe = RankProbe(key: model[index].key, words: 1)
            #expect(tree.countBefore(probe) == model.count { $0.words[0] < first }, "seed \(seed), step \(step)")
            probe.isBehindEqual = true
            #expect(tree.countBefore(probe) == model.count { $0.words[0] <= first }, "seed \(seed), step \(step)")
        }
        #expect(tree?.place(at: model.count) == nil)
        tree = nil
        #expect(heap.bytes == 0, "seed \(seed): \(heap.bytes) bytes are still counted")
    }

    @Test func `takes rising and falling keys without wasting nodes`() {
        for rises in [true, false] {
            let heap = BoardHeap()
            let tree = RankTree(words: 2, names: nil, heap: heap)
            for number in 1...20_000 {
                var key = RankKey()
                key[0] = rises ? UInt64(number) : UInt64(20_001 - number)
                tree.insert(key, UInt32(number))
            }
            tree.checkInvariants()
            #expect(heap.bytes < 20_000 * 32, "\(heap.bytes / 20_000) bytes an entry")
        }
    }
}
