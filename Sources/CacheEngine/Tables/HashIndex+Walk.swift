/// Going through the index without asking for a key.
extension HashIndex {
    /// Visits references in hash order from slot hash `start` of a sub-table on, until `visit` says false: then the
    /// walk goes on at the hash returned, all slots of equal hash having been visited. Nil at the sub-table's end.
    func walk(table index: Int, from start: UInt32, _ visit: (UInt32) -> Bool) -> UInt32? {
        let table = tables[index]
        guard let slots = table.slots else { return nil }
        var stopped: UInt32?
        for position in table.home(start)..<table.last {
            let slot = slots[position]
            let hash = UInt32(truncatingIfNeeded: slot &>> 32)
            if slot == 0 || hash < start { continue }
            if let stopped, stopped != hash { return hash }
            if !visit(UInt32(truncatingIfNeeded: slot)), stopped == nil { stopped = hash }
        }
        return nil
    }

    /// The first slot hash of a sub-table that is not below `start`; nil where there is none.
    func firstHash(table index: Int, from start: UInt32) -> UInt32? {
        let table = tables[index]
        guard let slots = table.slots else { return nil }
        for position in table.home(start)..<table.last where slots[position] != 0 {
            let hash = UInt32(truncatingIfNeeded: slots[position] &>> 32)
            if hash >= start { return hash }
        }
        return nil
    }

    /// A reference near a random place, 0 when none was found within a few steps.
    func sample(_ random: UInt64) -> UInt32 {
        let table = tables[Int(random & UInt64(Self.tableCount - 1))]
        guard let slots = table.slots, table.count > 0 else { return 0 }
        let start = Int(((random &>> 32) &* UInt64(table.last)) &>> 32)
        for position in start..<min(start + 16, table.last) where slots[position] != 0 {
            return UInt32(truncatingIfNeeded: slots[position])
        }
        return 0
    }
}
