import Synchronization
import Testing

@testable import Durability

@Suite struct `A crew` {
    @Test(arguments: [1, 2, 3, 8])
    func `does each thing in every lane, over and over, and ends`(lanes: Int) throws {
        let crew = Crew(lanes: lanes)
        let done = Mutex([Int](repeating: 0, count: lanes))
        for round in 1...100 {
            try crew.run { lane in done.withLock { $0[lane] += 1 } }
            #expect(done.withLock { $0 } == [Int](repeating: round, count: lanes))
        }
        crew.dismiss()
    }

    @Test func `that had nothing to do ends too`() {
        Crew(lanes: 4).dismiss()
    }
}
