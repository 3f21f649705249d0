import Bytes
import CacheModel
import Testing

@testable import CacheEngine

@Suite("The hash index")
struct HashIndexTests {
    @Test("slots stand near their homes however far the tables have grown")
    func probes() {
        var index = HashIndex()
        var random = SplitMix64(seed: 1)
        for number in 1...60_000 { index.insert(random.next(), UInt32(number)) }
        index.checkInvariants()
        #expect(distance(index) < 60_000 * 4)
        #expect(index.bytes / 60_000 <= 13)
    }

    @Test(
        "a random sequence of insertions and removals leaves what a dictionary would hold",
        arguments: [1, 2, 3] as [UInt64])
    func randomly(_ seed: UInt64) {
        var index = HashIndex()
        var model: [UInt64: UInt32] = [:]
        var random = SplitMix64(seed: seed)
        for step in 1...30_000 {
            // Growing for a while, then shrinking; few upper bits, so that hashes crowd.
            let hash = random.next() & 0x7_0FFF_0003
            let grows = step % 10_000 < 6_000
            if let reference = model[hash] {
                let place = index.place(of: reference, hash: hash)
                #expect(place != nil)
                if let place, !grows || random.next() % 4 == 0 {
                    index.remove(at: place)
                    model[hash] = nil
                }
            } else if grows {
                index.insert(hash, UInt32(step))
                model[hash] = UInt32(step)
            }
            if step % 1000 == 0 { index.checkInvariants() }
        }
        for (hash, reference) in model { #expect(index.place(of: reference, hash: hash) != nil) }
        #expect(index.count == model.count)
    }

    @Test("equal hashes are kept apart by their references and walked together")
    func collisions() {
        var index = HashIndex()
        for reference in 1...40 as ClosedRange<UInt32> { index.insert(5, reference) }
        for reference in 41...60 as ClosedRange<UInt32> { index.insert(0xFFFF_FFFF, reference) }
        index.checkInvariants()
        for reference in 1...40 as ClosedRange<UInt32> { #expect(index.place(of: reference, hash: 5) != nil) }
        var seen: [UInt32] = []
        let next = index.walk(table: 0, from: 0) {
            seen.append($0)
            return false
        }
        #expect(seen.count == 40)
        #expect(next == 0xFFFF_FFFF)
        for reference in 1...40 as ClosedRange<UInt32> { index.remove(at: index.place(of: reference, hash: 5)!) }
        index.checkInvariants()
        #expect(index.count == 20)
    }

    /// How far slots stand from their homes, all together.
    private func distance(_ index: borrowing HashIndex) -> Int {
        var total = 0
        for table in 0..<HashIndex.tableCount {
            let table = index.tables[table]
            guard let slots = table.slots else { continue }
            for position in 0..<table.last where slots[position] != 0 {
                total += position - table.home(UInt32(truncatingIfNeeded: slots[position] >> 32))
            }
        }
        return total
    }

    @Test("entries that come in hash order, as a capture gives them, stand near their homes when they are expected")
    func inOrder() {
        var random = SplitMix64(seed: 21)
        let hashes = (0..<100_000).map { _ in random.next() }.sorted { $0 << 25 < $1 << 25 }
        var index = HashIndex()
        index.expect(entries: hashes.count)
        for (number, hash) in hashes.enumerated() {
            index.insert(hash, UInt32(number + 1))
            if number % 10_000 == 0 { #expect(distance(index) < (number + 1) * 6) }
        }
        index.checkInvariants()
        #expect(distance(index) < hashes.count * 6)
        index.settle()
        index.checkInvariants()
        for (number, hash) in hashes.enumerated() { #expect(index.place(of: UInt32(number + 1), hash: hash) != nil) }
    }

    @Test("a wrong expectation costs nothing that lasts", arguments: [0, 1, 700, 50_000, 3_000_000])
    func wrongExpectation(_ expected: Int) {
        var random = SplitMix64(seed: 22)
        var index = HashIndex()
        index.expect(entries: expected)
        var hashes: [UInt64] = []
        for number in 1...50_000 {
            hashes.append(random.next())
            index.insert(hashes[number - 1], UInt32(number))
        }
        index.settle()
        index.checkInvariants()
        #expect(index.bytes / 50_000 <= 13)
        for (number, hash) in hashes.enumerated() { #expect(index.place(of: UInt32(number + 1), hash: hash) != nil) }
        // It goes on growing and shrinking as ever.
        for (number, hash) in hashes.enumerated() { index.remove(at: index.place(of: UInt32(number + 1), hash: hash)!) }
        #expect(index.bytes < 20_000)
    }

    @Test("an emptied index gives its memory back")
    func shrinking() {
        var index = HashIndex()
        var random = SplitMix64(seed: 9)
        let hashes = (0..<50_000).map { _ in random.next() }
        for (number, hash) in hashes.enumerated() { index.insert(hash, UInt32(number + 1)) }
        let full = index.bytes
        for (number, hash) in hashes.enumerated() { index.remove(at: index.place(of: UInt32(number + 1), hash: hash)!) }
        #expect(index.count == 0)
        #expect(index.bytes < full / 20)
    }
}

@Suite("The key hash")
struct KeyHasherTests {
    @Test("is SipHash-1-3")
    func reference() {
        // From the reference implementation: key bytes 00…0f, messages 00, 00 01, … of 0 to 8 bytes.
        let hasher = KeyHasher(first: 0x0706_0504_0302_0100, second: 0x0F0E_0D0C_0B0A_0908)
        let message = (0..<64).map { UInt8($0) }
        var seen: Set<UInt64> = []
        for length in 0..<64 { seen.insert(hasher.hash(RawBytes(message.span.extracting(0..<length)))) }
        #expect(seen.count == 64)
        #expect(hasher.hash(RawBytes(message.span.extracting(0..<0))) == 0xABAC_0158_050F_C4DC)
    }
}

@Suite("Departed keys")
struct DeparturesTests {
    @Test("are remembered with reason and second, across growth, until the table is full")
    func memory() {
        var departures = Departures()
        var random = SplitMix64(seed: 4)
        let now = CacheModel.Instant(milliseconds: 1_800_000_000_000)
        let hashes = (0..<15_000).map { _ in random.next() }
        for hash in hashes { departures.note(hash, .evicted, isGhost: true, at: now, live: 100_000) }
        var hasForgotten = departures.hasForgotten
        #expect(!hasForgotten)
        for hash in hashes {
            let record = departures.find(hash, now: now)
            #expect(record?.reason == .evicted && record?.isGhost == true && record?.at == now)
        }
        let other = departures.find(random.next(), now: now)
        #expect(other == nil)
        let wasGhost = departures.take(hashes[0])
        #expect(wasGhost)
        let taken = departures.find(hashes[0], now: now)
        #expect(taken == nil)
        for _ in 0..<300_000 { departures.note(random.next(), .deleted, isGhost: false, at: now, live: 100_000) }
        hasForgotten = departures.hasForgotten
        #expect(hasForgotten)
        let bytes = departures.bytes
        #expect(bytes <= 8 * 100_000 + 1000)
    }
}
