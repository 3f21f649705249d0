import Posix
import Synchronization

/// Threads that do one thing together, over and over: the calling thread is one of them, the others begin with the
/// first thing there is to do. One caller at a time.
final class Crew: Sendable {
    private struct Task {
        var work: (@Sendable (Int) -> Void)?
    }

    let lanes: Int
    private let task = Mutex(Task())
    private let starts: [Semaphore]
    private let finished = Semaphore()
    private let threads = ThreadGroup()
    private let isAwake = Atomic(false)

    /// - Parameter lanes: how many work, the caller included.
    init(lanes: Int) {
        self.lanes = lanes
        starts = (0..<lanes - 1).map { _ in Semaphore() }
    }

    private func wake() throws(SystemError) {
        if isAwake.exchange(true, ordering: .relaxed) { return }
        for lane in 1..<max(lanes, 1) {
            let start = starts[lane - 1]
            try threads.start(name: "nh-replay-\(lane)") { [self] in serve(lane, start) }
        }
    }

    private func serve(_ lane: Int, _ start: Semaphore) {
        while true {
            start.wait()
            guard let work = task.withLock({ $0.work }) else { return }
            work(lane)
            finished.signal()
        }
    }

    /// Runs `work` for every lane at once and returns when all are done.
    /// - Throws: when there are no threads, with nothing done.
    func run(_ work: @escaping @Sendable (Int) -> Void) throws(SystemError) {
        try wake()
        task.withLock { $0.work = work }
        for start in starts { start.signal() }
        work(0)
        for _ in starts { finished.wait() }
    }

    /// Ends the threads. Nothing may be run any more.
    func dismiss() {
        task.withLock { $0.work = nil }
        for start in starts { start.signal() }
        threads.join()
    }
}

/// Hands things from one thread to another, one at a time.
final class Handoff<Item: Sendable>: Sendable {
    private struct Place {
        var item: Item?
        var isClosed = false
    }

    private let place = Mutex(Place())
    private let room = Semaphore()
    private let ready = Semaphore()

    init() { room.signal() }

    /// Waits for room; false when nobody takes any more.
    func give(_ item: Item) -> Bool {
        room.wait()
        let isTaken = place.withLock { place in
            if place.isClosed { return false }
            place.item = item
            return true
        }
        ready.signal()
        return isTaken
    }

    /// Waits for the next.
    func take() -> Item? {
        ready.wait()
        let item = place.withLock { place in
            defer { place.item = nil }
            return place.item
        }
        room.signal()
        return item
    }

    /// Nothing is taken any more.
    func close() {
        place.withLock { $0.isClosed = true }
        room.signal()
    }
}
