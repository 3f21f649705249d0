import Bytes

/// A cache that evicts one entry at a time and exactly the right one: what the engine's policies, which judge by
/// samples and empty whole segments, are measured against.
///
/// The entries form a heap of scores, the lowest at the top, so every operation takes logarithmic time.
struct ExactCache {
    enum Order {
        /// The entry whose last use is longest ago leaves.
        case lru
        /// The entry used least often since it came leaves; of those, the one whose last use is longest ago. As in
        /// Redis, the uses of an entry are forgotten when it leaves; unlike there, never before.
        case lfu
        /// Any entry leaves.
        case random
    }

    private struct Slot {
        var key: Int
        var score: UInt64
        var bytes: Int
    }

    private let order: Order
    private let capacity: Int
    private var heap: [Slot] = []
    /// Where a key is in the heap, −1 for nowhere.
    private var places: [Int]
    private var used = 0
    private var clock: UInt64 = 0
    private var random: SplitMix64

    /// - Parameters:
    ///   - capacity: in bytes as the requests count them.
    ///   - keys: keys are numbers below this.
    init(_ order: Order, capacity: Int, keys: Int, seed: UInt64) {
        self.order = order
        self.capacity = capacity
        places = [Int](repeating: -1, count: keys)
        random = SplitMix64(seed: seed)
    }

    /// Uses an entry, or takes it in where it is missing; whether it was there.
    mutating func request(_ key: Int, bytes: Int) -> Bool {
        clock += 1
        let place = places[key]
        if place >= 0 {
            let count = heap[place].score >> 40
            heap[place].score = order == .lfu ? (count + 1) << 40 | clock : clock
            sink(place)
            return true
        }
        while used + bytes > capacity, !heap.isEmpty {
            remove(at: order == .random ? Int(random.next() % UInt64(heap.count)) : 0)
        }
        used += bytes
        heap.append(Slot(key: key, score: order == .lfu ? 1 << 40 | clock : clock, bytes: bytes))
        rise(heap.count - 1)
        return false
    }

    private mutating func remove(at place: Int) {
        used -= heap[place].bytes
        places[heap[place].key] = -1
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        sink(place)
        rise(places[last.key])
    }

    private mutating func sink(_ start: Int) {
        let slot = heap[start]
        var place = start
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].score < heap[child].score { child += 1 }
            guard heap[child].score < slot.score else { break }
            put(heap[child], at: place)
            place = child
        }
        put(slot, at: place)
    }

    private mutating func rise(_ start: Int) {
        let slot = heap[start]
        var place = start
        while place > 0, slot.score < heap[(place - 1) / 2].score {
            put(heap[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        put(slot, at: place)
    }

    private mutating func put(_ slot: Slot, at place: Int) {
        heap[place] = slot
        places[slot.key] = place
    }
}
