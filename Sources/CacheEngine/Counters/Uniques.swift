import Bytes
import CacheModel

/// How many different things were seen: HyperLogLog (Flajolet and others, 2007) of 2^14 registers, standard error
/// 0.81 %.
///
/// ```
/// 0  form 1: 0 sparse, 1 dense   1  unused   2  registers set 2, sparse only
/// 4  sparse: words of 4 bytes, register : 14 above rank : 6; 0 is free      room times, a power of two
///    dense: a rank a register                                               16,384
/// ```
/// Sparse, the words are an open-addressing table; past 768 registers the dense form is shorter to search and little
/// longer. Both forms are exact images of the same registers. Estimates follow Ertl (2017), which needs neither tables
/// nor thresholds.
enum Uniques {
    static let registers = 1 << 14
    private static let rankBits: UInt32 = 6
    private static let firstRoom = 8
    private static let largestRoom = 1024
    private static let headBytes = 4
    /// Ranks run to 51: 50 bits of hash are left beside the register's 14.
    private static let highest = 51

    /// The register a hash belongs to, and the rank it stands for.
    static func place(_ hash: UInt64) -> (register: Int, rank: UInt8) {
        let rest = hash >> 14
        return (Int(hash & 0x3FFF), UInt8(rest == 0 ? highest : rest.trailingZeroBitCount + 1))
    }

    // MARK: Counting

    /// What seeing a hash makes of a state; `nil` is an empty one.
    static func add(
        _ hash: UInt64, to state: RawBytes?, _ times: EntryTimes?, _ workspace: inout Workspace
    ) -> StateDecision {
        let (register, rank) = place(hash)
        guard let state, isWhole(state) else { return start(register, rank, times, &workspace) }
        if state.byte(0) == 1 {
            guard state.byte(headBytes + register) < rank else { return .none }
            let editor = StateEditor(of: state.span, in: &workspace)
            editor.set(rank, at: headBytes + register, in: &workspace)
            return editor.decision(workspace, nil)
        }
        return addSparse(register, rank, state, &workspace)
    }

    static func isWhole(_ state: RawBytes) -> Bool {
        guard state.count > headBytes else { return false }
        if state.byte(0) == 1 { return state.count == headBytes + registers }
        let room = (state.count - headBytes) / 4
        return state.count == headBytes + room * 4 && room.nonzeroBitCount == 1 && room <= largestRoom
            && Int(state.number(UInt16.self, 2)) < room
    }

    private static func word(_ register: Int, _ rank: UInt8) -> UInt32 {
        UInt32(register + 1) << rankBits | UInt32(rank)
    }

    private static func start(
        _ register: Int, _ rank: UInt8, _ times: EntryTimes?, _ workspace: inout Workspace
    ) -> StateDecision {
        let start = workspace.drafts.count
        workspace.drafts.append(repeating: 0, count: headBytes + firstRoom * 4)
        let editor = StateEditor(draftAt: start)
        editor.set(UInt16(1), at: 2, in: &workspace)
        editor.set(word(register, rank), at: headBytes + home(register, firstRoom) * 4, in: &workspace)
        return editor.decision(workspace, times)
    }

    private static func home(_ register: Int, _ room: Int) -> Int { (register &* 0x9E37_79B1 >> 7) & (room - 1) }

    private static func addSparse(
        _ register: Int, _ rank: UInt8, _ state: RawBytes, _ workspace: inout Workspace
    ) -> StateDecision {
        let room = (state.count - headBytes) / 4
        var place = home(register, room)
        while true {
            let word = state.number(UInt32.self, headBytes + place * 4)
            if word == 0 { break }
            if Int(word >> rankBits) == register + 1 {
                guard UInt8(word & 63) < rank else { return .none }
                let editor = StateEditor(of: state.span, in: &workspace)
                editor.set(self.word(register, rank), at: headBytes + place * 4, in: &workspace)
                return editor.decision(workspace, nil)
            }
            place = (place + 1) & (room - 1)
        }
        let set = Int(state.number(UInt16.self, 2)) + 1
        if set * 4 > room * 3 { return grow(state, room, adding: register, rank, &workspace) }
        let editor = StateEditor(of: state.span, in: &workspace)
        editor.set(UInt16(set), at: 2, in: &workspace)
        editor.set(word(register, rank), at: headBytes + place * 4, in: &workspace)
        return editor.decision(workspace, nil)
    }

    /// Twice the room, or the dense form.
    private static func grow(
        _ state: RawBytes, _ room: Int, adding register: Int, _ rank: UInt8, _ workspace: inout Workspace
    ) -> StateDecision {
        let start = workspace.drafts.count
        let isDense = room == largestRoom
        workspace.drafts.append(repeating: 0, count: headBytes + (isDense ? registers : room * 8))
        let editor = StateEditor(draftAt: start)
        if isDense { editor.set(UInt8(1), at: 0, in: &workspace) }
        var count: UInt16 = 0
        func put(_ register: Int, _ rank: UInt8, in workspace: inout Workspace) {
            if isDense { return editor.set(rank, at: headBytes + register, in: &workspace) }
            var place = home(register, room * 2)
            while workspace.drafts.readable.loadLittleEndian(UInt32.self, at: start + headBytes + place * 4) != 0 {
                place = (place + 1) & (room * 2 - 1)
            }
            editor.set(word(register, rank), at: headBytes + place * 4, in: &workspace)
            count += 1
        }
        forEach(in: state) { put($0, $1, in: &workspace) }
        put(register, rank, in: &workspace)
        if !isDense { editor.set(count, at: 2, in: &workspace) }
        return editor.decision(workspace, nil)
    }

    // MARK: Estimating

    /// Every register that is set, with its rank.
    static func forEach(in state: RawBytes, _ body: (Int, UInt8) -> Void) {
        guard isWhole(state) else { return }
        if state.byte(0) == 1 {
            for register in 0..<registers {
                let rank = state.byte(headBytes + register)
                if rank != 0 { body(register, rank) }
            }
            return
        }
        for place in 0..<(state.count - headBytes) / 4 {
            let word = state.number(UInt32.self, headBytes + place * 4)
            let register = Int(word >> rankBits) - 1
            if word != 0, register < registers { body(register, UInt8(word & 63)) }
        }
    }

    /// The union of states.
    struct Union {
        private var ranks = [UInt8](repeating: 0, count: registers)

        mutating func add(_ state: RawBytes) {
            Uniques.forEach(in: state) { if ranks[$0] < $1 { ranks[$0] = min($1, UInt8(highest)) } }
        }

        /// How many different hashes made these registers (Ertl, "New cardinality estimation algorithms for
        /// HyperLogLog sketches", algorithm 6).
        var estimate: Int64 {
            var histogram = [Double](repeating: 0, count: highest + 1)
            for rank in ranks { histogram[Int(rank)] += 1 }
            let count = Double(registers)
            var sum = count * Self.tau(1 - histogram[highest] / count)
            for rank in stride(from: highest - 1, through: 1, by: -1) { sum = 0.5 * (sum + histogram[rank]) }
            sum += count * Self.sigma(histogram[0] / count)
            guard sum.isFinite, sum > 0 else { return 0 }
            return Int64((0.7213475204444817 * count * count / sum).rounded())
        }

        private static func sigma(_ start: Double) -> Double {
            if start == 1 { return .infinity }
            var (value, factor, sum) = (start, 1.0, start)
            while true {
                value *= value
                let before = sum
                sum += value * factor
                factor += factor
                if sum == before { return sum }
            }
        }

        private static func tau(_ start: Double) -> Double {
            if start == 0 || start == 1 { return 0 }
            var (value, factor, sum) = (start, 1.0, 1 - start)
            while true {
                value = value.squareRoot()
                let before = sum
                factor *= 0.5
                sum -= (1 - value) * (1 - value) * factor
                if sum == before { return sum / 3 }
            }
        }
    }
}
