import CacheModel

/// The rankings of one window: of all members in it, and of those of each group.
final class Standing {
    let window: BoardWindow
    @exclusivity(unchecked) private(set) var whole: Ladder
    /// By the group's number.
    @exclusivity(unchecked) private var groups: [Ladder?] = []
    private let make: () -> Ladder

    init(window: BoardWindow, make: @escaping () -> Ladder) {
        self.window = window
        self.make = make
        whole = make()
    }

    func ladder(group: UInt32) -> Ladder? {
        if group == 0 { return whole }
        return Int(group) < groups.count ? groups[Int(group)] : nil
    }

    func insert(_ key: RankKey, _ reference: UInt32, groups numbers: [UInt32]) {
        whole.insert(key, reference)
        for number in numbers where number != 0 {
            while groups.count <= Int(number) { groups.append(nil) }
            if groups[Int(number)] == nil { groups[Int(number)] = make() }
            groups[Int(number)]?.insert(key, reference)
        }
    }

    func remove(_ key: RankKey, _ reference: UInt32, groups numbers: [UInt32]) {
        whole.remove(key, reference)
        for number in numbers where number != 0 {
            groups[Int(number)]?.remove(key, reference)
            if groups[Int(number)]?.count == 0 { groups[Int(number)] = nil }
        }
    }

    /// Forgets everybody.
    func removeAll() {
        whole = make()
        groups = []
    }

    func checkInvariants() {
        whole.checkInvariants()
        for ladder in groups { ladder?.checkInvariants() }
    }
}
