import Bytes
import CacheEngine
import CacheModel
import Compression
import Posix
import Synchronization
import TestDepth
import Testing

@testable import Durability

@Suite struct `A snapshot` {
    private let disk = MemoryDisk()

    /// Writes one and gives what it says of itself.
    private func write(
        _ logged: LoggedEngine, name: String = "snapshot", level: Int = 1, threads: Int = 2
    ) throws -> SnapshotSummary {
        let writer = SnapshotWriter(
            file: try disk.create(name), state: logged.engine, log: logged.log, of: logged.log.manifest,
            progress: SnapshotProgress())
        return try writer.write(wallTime: Instant(milliseconds: 5), threads: threads, level: level)
    }

    private func load(_ name: String = "snapshot", threads: Int = 3) throws -> EmbeddedEngine {
        let made = LoggedEngine.engine()
        _ = try SnapshotLoader(disk: disk, threads: threads).load(name, into: made)
        return made
    }

    /// A state of some blocks.
    private func filled(steps: Int = 3000, seed: UInt64 = 1) -> LoggedEngine {
        let logged = LoggedEngine()
        var random = SplitMix64(seed: seed)
        logged.write(&random, steps: steps)
        return logged
    }

    @Test(arguments: [0, 1, 9])
    func `of a state at rest is that state when it is loaded`(level: Int) throws {
        let logged = filled()
        let summary = try write(logged, level: level)
        let made = try load()
        #expect(made.contents == logged.engine.contents)
        #expect(made.digest == logged.engine.digest)
        #expect(summary.foot.position == logged.engine.lastPosition)
        #expect(made.lastPosition == summary.foot.position)
        made.checkInvariants()
    }

    @Test func `of an empty state is empty`() throws {
        let logged = LoggedEngine()
        let summary = try write(logged)
        #expect(summary.foot.entries == 0)
        #expect(try load().contents.isEmpty)
    }

    @Test func `is plain gzip for any other program`() throws {
        let summary = try write(filled())
        var plain = IOBuffer()
        try Gzip.inflate(disk["snapshot"].span, limit: 1 << 30, into: &plain)
        let isNamed = plain.readable.extracting(0..<8).equals("NUTHATCH")
        #expect(isNamed)
        #expect(disk["snapshot"].count == summary.length)
        #expect(CRC32C.of(disk["snapshot"].span) == summary.checksum)
    }

    @Test func `holds values larger than a block`() throws {
        let logged = LoggedEngine()
        var reply = Reply()
        let value = [UInt8](repeating: 7, count: 5 << 20)
        let (key, none) = (Array("large".utf8), [UInt8]())
        let put = Put(
            key: key.span, value: value.span, fields: none.span, lifetime: .keep, version: nil,
            precondition: Precondition(), wantsPrevious: false)
        _ = logged.engine.execute(
            .put(put), at: Instant(milliseconds: 1), ticket: Ticket(packed: 0), reply: &reply)
        _ = try write(logged)
        #expect(try load().contents == logged.engine.contents)
    }

    /// D9: each repetition makes three, at moments that the writers do not choose.
    @Test func `made while others write is the log folded to its position`() throws {
        for seed in firstSeed..<firstSeed + repetitions(3, nightly: 34, release: 167) {
            let logged = filled(seed: seed)
            let summaries = try whileWritten(logged, seed: seed) {
                try (0..<3).map { number in
                    Thread.sleep(milliseconds: Int(seed &* 7 &+ UInt64(number) &* 13) % 20)
                    return try write(logged, name: "snapshot \(number)")
                }
            }
            for (number, summary) in summaries.enumerated() {
                let made = try load("snapshot \(number)")
                let folded = LoggedEngine.engine()
                try logged.log.read(after: .none, through: summary.foot.position) { effect, position, _ in
                    folded.apply(effect, at: position)
                }
                #expect(made.digest == summary.foot.digest, "NUTHATCH_SEED=\(seed)")
                #expect(made.contents == folded.contents, "NUTHATCH_SEED=\(seed)")
                #expect(summary.foot.position >= summary.head.start)
                try disk.remove("snapshot \(number)")
            }
        }
    }

    /// Does something while two writers change the state as fast as they can.
    private func whileWritten<Result>(
        _ logged: LoggedEngine, seed: UInt64, _ body: () throws -> Result
    ) throws -> Result {
        let isOver = Flag()
        let writers = ThreadGroup()
        for worker in 0..<2 as Range<UInt64> {
            try writers.start(name: "writer") {
                var random = SplitMix64(seed: seed &* 100 &+ worker)
                for _ in 0..<1000 where !isOver.isRaised { logged.write(&random, steps: 50) }
            }
        }
        defer { writers.join() }
        defer { isOver.raise() }
        return try body()
    }

    @Test func `is rehearsed without the state it holds`() throws {
        let logged = filled()
        let summary = try write(logged)
        let state = DigestState(hashSecret: LoggedEngine.secret)
        let rehearsed = try SnapshotLoader(disk: disk, threads: 2).rehearse("snapshot", in: state)
        #expect(rehearsed.foot == summary.foot)
        #expect(state.remembered == 0)
        let foreign = DigestState(hashSecret: (1, 2))
        #expect(throws: SnapshotFailure.self) {
            try SnapshotLoader(disk: disk, threads: 2).rehearse("snapshot", in: foreign)
        }
    }

    @Test func `with a flipped bit anywhere is refused`() throws {
        let logged = LoggedEngine()
        var random = SplitMix64(seed: 4)
        logged.write(&random, steps: 60, keys: 20)
        _ = try write(logged)
        let good = disk["snapshot"]
        for place in good.indices {
            var damaged = good
            damaged[place] ^= 1 << UInt8(place % 8)
            disk["damaged"] = damaged
            #expect(throws: SnapshotFailure.self, "byte \(place)") {
                try SnapshotLoader(disk: disk, threads: 1).rehearse(
                    "damaged", in: DigestState(hashSecret: LoggedEngine.secret))
            }
        }
    }

    @Test func `cut short or continued is refused, wherever that is`() throws {
        _ = try write(filled(steps: 200))
        let good = disk["snapshot"]
        for count in stride(from: 0, to: good.count, by: 97) {
            disk["cut"] = Array(good[..<count])
            #expect(throws: SnapshotFailure.self, "\(count) bytes") { try load("cut") }
        }
        disk["long"] = good + [0]
        #expect(throws: SnapshotFailure.self) { try load("long") }
    }

    @Test func `without one of its blocks, or with two of them exchanged, is refused`() throws {
        let logged = LoggedEngine()
        var random = SplitMix64(seed: 5)
        logged.write(&random, steps: 12_000, keys: 4000)
        _ = try write(logged, level: 0)
        let good = disk["snapshot"]
        var blocks: [[UInt8]] = []
        var offset = 0
        while offset < good.count {
            let length = try GzipMember.head(good.span.extracting(offset..<good.count), label: 13).length
            blocks.append(Array(good[offset..<offset + length]))
            offset += length
        }
        #expect(blocks.count > 4)
        for missing in blocks.indices {
            disk["less"] = blocks.enumerated().filter { $0.offset != missing }.flatMap(\.element)
            #expect(throws: SnapshotFailure.self, "without block \(missing)") { try load("less") }
        }
        blocks.swapAt(1, 2)
        disk["exchanged"] = blocks.flatMap { $0 }
        #expect(throws: SnapshotFailure.self) { try load("exchanged") }
    }

    @Test func `that another file took the place of is refused by what the manifest says`() throws {
        let logged = filled()
        let first = try write(logged, name: "first").entry(id: 1, madeAt: Instant(milliseconds: 0), isRehearsed: false)
        var random = SplitMix64(seed: 8)
        logged.write(&random, steps: 100)
        _ = try write(logged, name: "second")
        let loader = SnapshotLoader(disk: disk, threads: 1)
        _ = try loader.load("first", into: LoggedEngine.engine(), expected: first)
        #expect(throws: SnapshotFailure.self) {
            try loader.load("second", into: LoggedEngine.engine(), expected: first)
        }
    }

    @Test(arguments: [0, 1, 2_000_000, UInt64.max])
    func `takes no other memory for a manifest that counts its entries wrong`(said: UInt64) throws {
        let logged = filled(steps: 20_000)
        var entry = try write(logged).entry(id: 1, madeAt: Instant(milliseconds: 0), isRehearsed: false)
        let loader = SnapshotLoader(disk: disk, threads: 2)
        let right = LoggedEngine.engine()
        _ = try loader.load("snapshot", into: right, expected: entry)
        entry.entries = said
        let made = LoggedEngine.engine()
        _ = try loader.load("snapshot", into: made, expected: entry)
        #expect(made.contents == logged.engine.contents)
        made.checkInvariants()
        let (found, wanted) = (made.statistics().memoryUsed, right.statistics().memoryUsed)
        #expect(found <= wanted * 21 / 20, "\(found) bytes, \(wanted) when it counts right")
    }

    @Test func `that finds no room says so`() throws {
        disk.room.store(10_000, ordering: .relaxed)
        let failure = #expect(throws: SnapshotFailure.self) { try write(filled()) }
        guard case .disk(let error) = failure else { Issue.record("\(String(describing: failure))"); return }
        #expect(error.isOutOfSpace)
    }
}

/// Something that has happened, for other threads to see.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isRaised: Bool { value.load(ordering: .relaxed) }
    func raise() { value.store(true, ordering: .relaxed) }
}
