import Testing

@testable import Durability

@Suite struct `The log is woken` {
    /// Turns that begin a tenth of a millisecond after one another and each hold so many replies: whether each waits.
    private func turns(_ held: [Int], apart: Int64 = 100_000) -> [Bool] {
        var waking = LogWaking()
        return held.enumerated().map { index, count in
            for _ in 0..<count { waking.noteHeld() }
            let start = Int64(index) * apart
            let waits = waking.waits(turnStart: start, now: start + 10_000)
            if !waits { waking = LogWaking() }
            return waits
        }
    }

    @Test func `at once where at most one reply is held`() {
        #expect(turns([0, 1, 1]) == [false, false, false])
    }

    @Test func `a turn later where several are, and later still while more come`() {
        #expect(turns([2, 0]) == [true, false])
        #expect(turns([2, 1, 3, 0, 2]) == [true, true, true, false, true])
    }

    @Test func `when enough are held`() {
        #expect(turns([LogWaking.enough]) == [false])
        #expect(turns([LogWaking.enough - 1, 1, 2]) == [true, false, true])
    }

    @Test func `when the first has waited for long, however few come`() {
        #expect(turns([2, 1, 1, 1, 1, 1, 1, 1, 1]) == [true, true, true, true, true, false, false, false, false])
        #expect(turns([2, 1, 1, 1], apart: 1_000_000) == [true, false, false, false])
    }

    @Test func `at once behind a turn that was long itself`() {
        var waking = LogWaking()
        waking.noteHeld()
        waking.noteHeld()
        let waits = waking.waits(turnStart: 0, now: LogWaking.longest)
        #expect(!waits)
    }
}
