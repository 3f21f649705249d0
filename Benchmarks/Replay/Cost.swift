/// The server's share of a run: read before and after.
struct Cost {
    private let server: ServerProcess
    private let before: ServerProcess.Usage
    private var after: ServerProcess.Usage
    private let residentBefore: Int
    private var residentAfter = 0
    private var peak = 0

    init(of server: ServerProcess) {
        self.server = server
        residentBefore = server.residentBytes()
        before = server.usage()
        after = before
    }

    mutating func stop() {
        after = server.usage()
        residentAfter = server.residentBytes()
        peak = server.peakBytes()
    }

    func write(requests: Int, to report: inout Report) {
        let user = after.user - before.user
        let system = after.system - before.system
        let requests = Double(max(requests, 1))
        report.add("server_cpu_us_per_request", (user + system) * 1e6 / requests, unit: "µs")
        report.add("server_user_us_per_request", user * 1e6 / requests, unit: "µs")
        report.add("server_system_us_per_request", system * 1e6 / requests, unit: "µs")
        if after.onCPU > before.onCPU {
            // The same time from the scheduler's own count in nanoseconds, over all threads.
            report.add(
                "server_task_cpu_us_per_request", Double(after.onCPU - before.onCPU) / 1e3 / requests, unit: "µs")
            report.add("server_cpu_seconds", Double(after.onCPU - before.onCPU) / 1e9, unit: "s")
            report.add(
                "server_waited_for_cpu_ms", Double(after.waiting - min(after.waiting, before.waiting)) / 1e6,
                unit: "ms")
        }
        report.add("server_rss_before", residentBefore, unit: "bytes")
        report.add("server_rss", residentAfter, unit: "bytes")
        report.add("server_rss_peak", peak, unit: "bytes")
    }
}
