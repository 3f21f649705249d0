import Bytes

/// The member names of all open objects, to find two of one name.
///
/// Names lie on one stack; each object begins with a marker that keeps where the object around it began:
/// ```
///  marker │ name name │ marker │ name name name …
///           outer       base ──┘ innermost object
/// ```
/// The first 16 members of an object are compared one by one: no hashing, and with the inline room of the stack no
/// allocation for the objects an API is sent. From the 17th on the object's names also stand in a hash table (open
/// addressing, linear probing), keyed by a process-random secret (`Hasher`), so no chosen names make it quadratic.
/// Objects close in the reverse order of opening, so entries leave in the reverse order of coming and the table needs
/// no tombstones. The stack is capped by ``JSONLimits/openMembers``.
/// - Complexity: expected O(length of the name) an insertion.
struct MemberNames {
    private static let few = 16

    private var inline = InlineArray<16, JSONText>(repeating: JSONText(raw: .empty, hasEscapes: false))
    /// The stack from its 17th place on.
    private var spilled: [JSONText] = []
    private var count = 0
    /// The first place of the innermost object's names.
    private var base = 0

    /// The hashed names, in the order they came; `place` on the stack.
    private var entries: [Entry] = []
    /// Indices into `entries` plus one, 0 for a free slot; a power of two of them.
    private var slots: [Int32] = []

    private struct Entry {
        var place: Int32
        var hash: UInt32
    }

    /// False when the stack is full.
    mutating func openObject() -> Bool {
        guard count < JSONLimits.openMembers else { return false }
        push(JSONText(raw: ByteSlice(start: base, count: 0), hasEscapes: false))
        base = count
        return true
    }

    mutating func closeObject() {
        while let last = entries.last, last.place >= base {
            slots[slot(of: entries.count - 1)] = 0
            entries.removeLast()
        }
        let marker = base - 1
        base = Int(self[marker].raw.start)
        spilled.removeLast(spilled.count - max(0, marker - Self.few))
        count = marker
    }

    /// Adds a name to the innermost object; says why it cannot.
    mutating func insert(_ name: JSONText, of input: Span<UInt8>) -> JSONError.Reason? {
        guard count < JSONLimits.openMembers else { return .tooManyMembers }
        let members = count - base
        if members < Self.few {
            for place in base..<count where isEqual(self[place], name, of: input) {
                return .duplicateMember
            }
            push(name)
            return nil
        }
        if members == Self.few {
            for place in base..<count { add(place, hash(of: self[place], of: input)) }
        }
        let hash = hash(of: name, of: input)
        if contains(name, hash, of: input) { return .duplicateMember }
        push(name)
        add(count - 1, hash)
        return nil
    }

    // MARK: The stack

    private subscript(place: Int) -> JSONText {
        place < Self.few ? inline[place] : spilled[place - Self.few]
    }

    private mutating func push(_ name: JSONText) {
        if count < Self.few { inline[count] = name } else { spilled.append(name) }
        count += 1
    }

    // MARK: The table

    private func contains(_ name: JSONText, _ hash: UInt32, of input: Span<UInt8>) -> Bool {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash, entry.place >= base,
                isEqual(self[Int(entry.place)], name, of: input)
            {
                return true
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return false
    }

    private mutating func add(_ place: Int, _ hash: UInt32) {
        if (entries.count + 1) * 2 > slots.count {
            slots = [Int32](repeating: 0, count: max(64, slots.count * 2))
            for index in entries.indices { settle(index) }
        }
        entries.append(Entry(place: Int32(place), hash: hash))
        settle(entries.count - 1)
    }

    private mutating func settle(_ index: Int) {
        var slot = Int(entries[index].hash) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(index + 1)
    }

    private func slot(of index: Int) -> Int {
        var slot = Int(entries[index].hash) & (slots.count - 1)
        while slots[slot] != Int32(index + 1) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    // MARK: Names

    /// The object's place goes in, so that equal names of different objects do not crowd one chain.
    private func hash(of name: JSONText, of input: Span<UInt8>) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(base)
        var bytes = UnescapedBytes(name, of: input)
        while let byte = bytes.next() { hasher.combine(byte) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private func isEqual(_ left: JSONText, _ right: JSONText, of input: Span<UInt8>) -> Bool {
        if !left.hasEscapes && !right.hasEscapes {
            return input.extracting(left.raw).equals(input.extracting(right.raw))
        }
        var one = UnescapedBytes(left, of: input)
        var other = UnescapedBytes(right, of: input)
        while true {
            let byte = one.next()
            if byte != other.next() { return false }
            if byte == nil { return true }
        }
    }
}
