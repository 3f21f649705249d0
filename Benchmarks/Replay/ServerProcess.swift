import Glibc

/// What the kernel says about the server's processes.
struct ServerProcess {
    let ids: [Int]

    struct Usage {
        /// utime and stime of /proc/PID/stat, in seconds; the kernel counts them in ticks of 10 ms.
        var user = 0.0
        var system = 0.0
        /// Time on a CPU and time waiting for one, from /proc/PID/task/*/schedstat, in nanoseconds.
        var onCPU: UInt64 = 0
        var waiting: UInt64 = 0
    }

    init?(_ list: String) {
        let ids = list.split(separator: ",").compactMap { Int($0) }
        guard !ids.isEmpty, ids.count == list.split(separator: ",").count else { return nil }
        self.ids = ids
    }

    func usage() -> Usage {
        var usage = Usage()
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        for id in ids {
            let fields = ServerProcess.statFields(id)
            usage.user += Double(fields[11]) / ticks
            usage.system += Double(fields[12]) / ticks
            for task in FileBytes.names(in: "/proc/\(id)/task") {
                guard let text = FileBytes.text("/proc/\(id)/task/\(task)/schedstat") else { continue }
                let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
                guard numbers.count >= 2 else { continue }
                usage.onCPU += numbers[0]
                usage.waiting += numbers[1]
            }
        }
        return usage
    }

    /// Resident bytes, exact where the kernel offers smaps_rollup.
    func residentBytes() -> Int {
        ids.reduce(0) { sum, id in
            let exact = ServerProcess.kilobytes("Rss:", in: "/proc/\(id)/smaps_rollup")
            return sum + 1024 * (exact ?? ServerProcess.kilobytes("VmRSS:", in: "/proc/\(id)/status") ?? 0)
        }
    }

    /// The highest resident size since the processes started.
    func peakBytes() -> Int {
        ids.reduce(0) { $0 + 1024 * (ServerProcess.kilobytes("VmHWM:", in: "/proc/\($1)/status") ?? 0) }
    }

    /// The numbers after the command name, which may itself hold spaces and brackets.
    private static func statFields(_ id: Int) -> [Int] {
        guard let text = FileBytes.text("/proc/\(id)/stat"), let end = text.lastIndex(of: ")") else {
            fail("--pid \(id): no such process")
        }
        let fields = text[text.index(after: end)...].split(separator: " ").map { Int($0) ?? 0 }
        guard fields.count > 12 else { fail("/proc/\(id)/stat: too few fields") }
        return fields
    }

    private static func kilobytes(_ name: String, in path: String) -> Int? {
        guard let text = FileBytes.text(path) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: " ").compactMap { Int($0) }.first
    }
}
