extension HashIndex {
    /// Traps unless every sub-table is in hash order, each slot at or behind its home without a gap between, the last
    /// slot empty, and the counts agree.
    func checkInvariants() {
        var total = 0
        for index in 0..<Self.tableCount {
            guard tables[index].slots != nil else { continue }
            total += Self.check(tables[index])
        }
        precondition(total == count, "the index's count is wrong")
    }

    private static func check(_ table: Table) -> Int {
        let slots = table.slots!
        var last: UInt64 = 0
        var seen = 0
        for position in 0..<table.last where slots[position] != 0 {
            let hash = slots[position] >> 32
            precondition(hash >= last, "slots out of hash order")
            let home = table.home(UInt32(truncatingIfNeeded: hash))
            precondition(home <= position, "a slot before its home")
            for between in home..<position { precondition(slots[between] != 0, "a gap before a displaced slot") }
            last = hash
            seen += 1
        }
        precondition(slots[table.last] == 0, "the last slot is in use")
        precondition(seen == Int(table.count), "a sub-table's count is wrong")
        return seen
    }
}
