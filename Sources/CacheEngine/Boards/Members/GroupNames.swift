import Bytes

/// The groups that members of a season are in, by number: a number for each value of each of the board's groups, while
/// a member has it.
///
/// Numbers begin with 1 and are used again; 0 is no group.
final class GroupNames {
    private struct Group {
        var name: [UInt8]
        var members: Int
    }

    private var numbers: [[UInt8]: UInt32] = [:]
    private var groups: [Group] = [Group(name: [], members: 0)]
    private var free: [UInt32] = []
    private let heap: BoardHeap

    init(heap: BoardHeap) { self.heap = heap }

    deinit { for group in groups where group.members > 0 { heap.note(-Self.bytes(group.name)) } }

    /// What a group costs beside its orders: two arrays with its name and its places in the tables.
    private static func bytes(_ name: [UInt8]) -> Int { 2 * Footprint.allocation(32 + name.count) + 64 }

    /// How groups are told apart: the number of the board's group, then the value.
    private static func name(_ declared: Int, _ value: RawBytes) -> [UInt8] {
        var name = [UInt8(declared)]
        name += value.span.copied()
        return name
    }

    /// The number of a group that somebody is in; nil for any other.
    func find(_ declared: Int, _ value: RawBytes) -> UInt32? { numbers[Self.name(declared, value)] }

    /// The number of a group that a member joins.
    func join(_ declared: Int, _ value: RawBytes) -> UInt32 {
        let name = Self.name(declared, value)
        if let number = numbers[name] {
            groups[Int(number)].members += 1
            return number
        }
        heap.note(Self.bytes(name))
        let group = Group(name: name, members: 1)
        let number: UInt32
        if let last = free.popLast() {
            number = last
            groups[Int(number)] = group
        } else {
            number = UInt32(groups.count)
            groups.append(group)
        }
        numbers[name] = number
        return number
    }

    /// One more member of a group that has some.
    func join(_ number: UInt32) { if number != 0 { groups[Int(number)].members += 1 } }

    /// - Returns: true when that was its last member.
    func leave(_ number: UInt32) -> Bool {
        guard number != 0 else { return false }
        groups[Int(number)].members -= 1
        guard groups[Int(number)].members == 0 else { return false }
        heap.note(-Self.bytes(groups[Int(number)].name))
        numbers[groups[Int(number)].name] = nil
        groups[Int(number)].name = []
        free.append(number)
        return true
    }

    /// A group's value.
    func value(_ number: UInt32) -> ArraySlice<UInt8> { groups[Int(number)].name.dropFirst() }

    /// Groups somebody is in.
    var count: Int { numbers.count }
}
