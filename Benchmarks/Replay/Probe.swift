import Glibc
import Synchronization

/// A connection of its own, on a thread of its own, that asks for one key every `interval` while
/// others load the server. A pause of the server shows as one slow answer; `Histogram` counts the
/// answers that could not be asked for meanwhile as slow, too.
final class Probe<W: Wire>: @unchecked Sendable {
    private let wire: W
    private let endpoint: Endpoint
    private let keys: UInt64
    private let interval: UInt64
    private let isStopped = Atomic(false)
    private var thread = pthread_t()
    // Only the probe's thread touches these until `stop` has joined it.
    private var latency = Histogram()
    private var slow: [UInt64]

    /// Answers slower than these many nanoseconds are counted one by one.
    static var thresholds: [UInt64] { [1_000_000, 2_000_000, 5_000_000, 10_000_000] }

    init(endpoint: Endpoint, wire: W, keys: Int, interval: UInt64) {
        self.endpoint = endpoint
        self.wire = wire
        self.keys = UInt64(max(keys, 1))
        self.interval = interval
        slow = Probe.thresholds.map { _ in 0 }
    }

    func start() {
        let box = Unmanaged.passRetained(self as AnyObject)
        let failure = pthread_create(
            &thread, nil,
            { argument in
                let box = Unmanaged<AnyObject>.fromOpaque(argument!).takeRetainedValue()
                (box as? any ProbeBody)?.measure()
                return nil
            }, box.toOpaque())
        guard failure == 0 else { fail("pthread_create: \(String(cString: strerror(failure)))") }
    }

    func stop() {
        isStopped.store(true, ordering: .releasing)
        pthread_join(thread, nil)
    }

    /// After `stop`.
    func write(to report: inout Report) {
        report.add("probe_samples", Int(latency.count))
        report.add("probe_", latency)
        for (threshold, count) in zip(Probe.thresholds, slow) {
            report.add("probe_over_\(threshold / 1_000_000)ms", Int(count))
        }
    }
}

/// What the thread can call without knowing the protocol spoken.
private protocol ProbeBody: AnyObject {
    func measure()
}

extension Probe: ProbeBody {
    fileprivate func measure() {
        // The probe must run as soon as its answer is there, not when the loader lets it.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -15)
        let fd = Socket.connect(to: endpoint)
        Socket.setReadTimeout(fd, seconds: 30)
        var buffer = ByteBuffer(capacity: 65_536)
        var random = SplitMix(seed: 7)
        var due = Clock.now()
        while !isStopped.load(ordering: .acquiring) {
            let now = Clock.now()
            if now < due { Clock.sleep(nanoseconds: due - now) }
            let taken = ask(UInt32(random.next(below: keys)), fd, &buffer)
            latency.record(taken, expectedInterval: interval)
            for (index, threshold) in Probe.thresholds.enumerated() where taken > threshold { slow[index] += 1 }
            due = max(due + interval, Clock.now())
        }
        close(fd)
        buffer.deallocate()
    }

    private func ask(_ key: UInt32, _ fd: Int32, _ buffer: inout ByteBuffer) -> UInt64 {
        RoundTrip.get(key, wire, fd, &buffer)
    }
}
