import Bytes
import CacheModel

/// How many different things were seen: HyperLogLog (Flajolet and others, 2007) of 2^14 registers, standard error
/// 0.81 %, and exact as good as always up to some hundreds.
///
/// ```
/// 0  form 2: sparse, 1: dense        1  unused       2  words in use 2, sparse only
/// 4  sparse: words of 4 bytes, fine register + 1 : 26 above rank : 6; 0 is free       room times, a power of two
///    dense: a rank a register                                                        16,384
/// ```
/// Sparse, the words are an open-addressing table of registers that are finer (2^25, after HyperLogLog++ of Heule and
/// others, 2013): up to 768 of them two things share one in less than one case of a hundred, so that their number is
/// that of the things. Past that the dense form is shorter to search and little longer. A fine register's low 14 bits
/// are its dense one, and its other bits with the rank make the rank there, so dense states are the same whichever way
/// they came about. Dense estimates follow Ertl (2017), which needs neither tables nor thresholds.
enum Uniques {
    static let registers = 1 << 14
    private static let fineBits = 25
    private static let rankBits: UInt32 = 6
    private static let firstRoom = 8
    private static let largestRoom = 1024
    private static let headBytes = 4
    private static let sparseForm: UInt8 = 2
    private static let denseForm: UInt8 = 1
    /// Ranks run to 51: 50 bits of hash are left beside the register's 14.
    private static let highest = 51

    /// The register a hash belongs to, and the rank it stands for.
    static func place(_ hash: UInt64) -> (register: Int, rank: UInt8) {
        let rest = hash >> 14
        return (Int(hash & 0x3FFF), UInt8(rest == 0 ? highest : rest.trailingZeroBitCount + 1))
    }

    /// The word of a hash in the sparse form. Where the fine register itself decides the rank, none is kept.
    static func word(_ hash: UInt64) -> UInt32 {
        let fine = UInt32(truncatingIfNeeded: hash & (1 << UInt64(fineBits) - 1))
        let rank = fine >> 14 == 0 ? UInt32(place(hash).rank) : 0
        return (fine + 1) << rankBits | rank
    }

    /// What a word says of a register of the dense form.
    private static func place(ofWord word: UInt32) -> (register: Int, rank: UInt8) {
        let fine = word >> rankBits &- 1
        let rest = fine >> 14
        let rank = rest == 0 ? UInt8(word & 63) : UInt8(rest.trailingZeroBitCount + 1)
        return (Int(fine & 0x3FFF), rank)
    }

    // MARK: Counting

    /// What seeing a hash makes of a state; `nil` is an empty one.
    static func add(
        _ hash: UInt64, to state: RawBytes?, _ times: EntryTimes?, _ workspace: inout Workspace
    ) -> StateDecision {
        guard let state, isWhole(state) else { return start(word(hash), times, &workspace) }
        guard state.byte(0) == denseForm else { return addSparse(word(hash), state, &workspace) }
        let (register, rank) = place(hash)
        guard state.byte(headBytes + register) < rank else { return .none }
        let editor = StateEditor(of: state.span, in: &workspace)
        editor.set(rank, at: headBytes + register, in: &workspace)
        return editor.decision(workspace, nil)
    }

    static func isWhole(_ state: RawBytes) -> Bool {
        guard state.count > headBytes else { return false }
        if state.byte(0) == denseForm { return state.count == headBytes + registers }
        let room = (state.count - headBytes) / 4
        return state.byte(0) == sparseForm && state.count == headBytes + room * 4 && room.nonzeroBitCount == 1
            && room <= largestRoom
            && Int(state.number(UInt16.self, 2)) < room
    }

    private static func start(
        _ word: UInt32, _ times: EntryTimes?, _ workspace: inout Workspace
    ) -> StateDecision {
        let start = workspace.drafts.count
        workspace.drafts.append(repeating: 0, count: headBytes + firstRoom * 4)
        let editor = StateEditor(draftAt: start)
        editor.set(sparseForm, at: 0, in: &workspace)
        editor.set(UInt16(1), at: 2, in: &workspace)
        editor.set(word, at: headBytes + home(word, firstRoom) * 4, in: &workspace)
        return editor.decision(workspace, times)
    }

    /// Where a word of this register is looked for first.
    private static func home(_ word: UInt32, _ room: Int) -> Int {
        (Int(word >> rankBits) &* 0x9E37_79B1 >> 7) & (room - 1)
    }

    private static func addSparse(_ word: UInt32, _ state: RawBytes, _ workspace: inout Workspace) -> StateDecision {
        let room = (state.count - headBytes) / 4
        var place = home(word, room)
        while true {
            let there = state.number(UInt32.self, headBytes + place * 4)
            if there == 0 { break }
            if there >> rankBits == word >> rankBits {
                guard there < word else { return .none }
                let editor = StateEditor(of: state.span, in: &workspace)
                editor.set(word, at: headBytes + place * 4, in: &workspace)
                return editor.decision(workspace, nil)
            }
            place = (place + 1) & (room - 1)
        }
        let set = Int(state.number(UInt16.self, 2)) + 1
        if set * 4 > room * 3 {
            return room == largestRoom
                ? makeDense(state, adding: word, &workspace) : grow(state, room, adding: word, &workspace)
        }
        let editor = StateEditor(of: state.span, in: &workspace)
        editor.set(UInt16(set), at: 2, in: &workspace)
        editor.set(word, at: headBytes + place * 4, in: &workspace)
        return editor.decision(workspace, nil)
    }

    /// Twice the room.
    private static func grow(
        _ state: RawBytes, _ room: Int, adding word: UInt32, _ workspace: inout Workspace
    ) -> StateDecision {
        let start = workspace.drafts.count
        workspace.drafts.append(repeating: 0, count: headBytes + room * 8)
        let editor = StateEditor(draftAt: start)
        editor.set(sparseForm, at: 0, in: &workspace)
        var count: UInt16 = 0
        func put(_ word: UInt32, in workspace: inout Workspace) {
            var place = home(word, room * 2)
            while workspace.drafts.readable.loadLittleEndian(UInt32.self, at: start + headBytes + place * 4) != 0 {
                place = (place + 1) & (room * 2 - 1)
            }
            editor.set(word, at: headBytes + place * 4, in: &workspace)
            count += 1
        }
        forEachWord(in: state) { put($0, in: &workspace) }
        put(word, in: &workspace)
        editor.set(count, at: 2, in: &workspace)
        return editor.decision(workspace, nil)
    }

    private static func makeDense(
        _ state: RawBytes, adding word: UInt32, _ workspace: inout Workspace
    ) -> StateDecision {
        let start = workspace.drafts.count
        workspace.drafts.append(repeating: 0, count: headBytes + registers)
        let editor = StateEditor(draftAt: start)
        editor.set(denseForm, at: 0, in: &workspace)
        func put(_ word: UInt32, in workspace: inout Workspace) {
            // Several fine registers may be one dense.
            let (register, rank) = place(ofWord: word)
            guard workspace.drafts.readable[start + headBytes + register] < rank else { return }
            editor.set(rank, at: headBytes + register, in: &workspace)
        }
        forEachWord(in: state) { put($0, in: &workspace) }
        put(word, in: &workspace)
        return editor.decision(workspace, nil)
    }

    // MARK: Estimating

    /// Every word of a sparse state.
    private static func forEachWord(in state: RawBytes, _ body: (UInt32) -> Void) {
        for place in 0..<(state.count - headBytes) / 4 {
            let word = state.number(UInt32.self, headBytes + place * 4)
            if word != 0, word >> rankBits <= 1 << fineBits { body(word) }
        }
    }

    /// The union of states.
    struct Union {
        /// Fine registers are told apart while there are not too many: half a megabyte for one answer.
        private static let mostFine = 1 << 16

        private var ranks = [UInt8](repeating: 0, count: registers)
        /// Nil once a state was dense, or they were too many.
        private var fine: Set<UInt32>? = []

        mutating func add(_ state: RawBytes) {
            guard isWhole(state) else { return }
            if state.byte(0) == denseForm {
                fine = nil
                for register in 0..<registers { raise(register, state.byte(headBytes + register)) }
                return
            }
            Uniques.forEachWord(in: state) { word in
                let (register, rank) = place(ofWord: word)
                raise(register, rank)
                fine?.insert(word >> rankBits)
            }
            if let count = fine?.count, count > Self.mostFine { fine = nil }
        }

        private mutating func raise(_ register: Int, _ rank: UInt8) {
            if ranks[register] < rank { ranks[register] = min(rank, UInt8(highest)) }
        }

        /// How many different hashes there were.
        var estimate: Int64 { fine.map { Self.estimate(fine: $0.count) } ?? estimateOfRanks }

        /// So many of the fine registers, of m, are set by about `m * ln(m / (m - set))` hashes: the first terms of its
        /// series, for few of them are.
        private static func estimate(fine set: Int) -> Int64 {
            let share = Double(set) / Double(1 << fineBits)
            return Int64((Double(set) * (1 + share / 2 + share * share / 3)).rounded())
        }

        /// How many different hashes made these registers (Ertl, "New cardinality estimation algorithms for
        /// HyperLogLog sketches", algorithm 6).
        private var estimateOfRanks: Int64 {
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
