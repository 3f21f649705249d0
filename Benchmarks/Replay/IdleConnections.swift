import Glibc

/// Opens connections, lets them rest, and reads what they cost the server in resident memory.
enum IdleConnections {
    static func run<W: Wire>(_ count: Int, endpoint: Endpoint, wire: W, server: ServerProcess) -> Report {
        allowDescriptors(count + 64)
        let before = server.residentBytes()
        let descriptors = open(count, endpoint)
        let opened = settled(server)
        useOnce(descriptors, wire)
        let used = settled(server)
        for fd in descriptors { close(fd) }

        var report = Report()
        report.add("connections", count)
        report.add("server_rss_before", before, unit: "bytes")
        report.add("server_rss_opened", opened, unit: "bytes")
        report.add("server_rss_used", used, unit: "bytes")
        report.add("bytes_per_opened_connection", Double(opened - before) / Double(count), unit: "bytes")
        report.add("bytes_per_used_connection", Double(used - before) / Double(count), unit: "bytes")
        return report
    }

    static func allowDescriptors(_ wanted: Int) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(resource, &limit)
        limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, rlim_t(wanted)))
        setrlimit(resource, &limit)
        guard limit.rlim_cur >= rlim_t(wanted) else {
            fail("\(wanted) descriptors are needed and the limit is \(limit.rlim_max)")
        }
    }

    /// A rest after every hundred lets the server accept them; a full backlog costs a second each.
    private static func open(_ count: Int, _ endpoint: Endpoint) -> [Int32] {
        var progress = Progress(title: "connections", total: count)
        var descriptors: [Int32] = []
        for index in 0..<count {
            descriptors.append(Socket.connect(to: endpoint))
            if index % 100 == 99 { Clock.sleep(nanoseconds: 1_000_000) }
            progress.update(index, note: "open")
        }
        progress.finish()
        return descriptors
    }

    private static func useOnce<W: Wire>(_ descriptors: [Int32], _ wire: W) {
        var buffer = ByteBuffer(capacity: 65_536)
        for fd in descriptors {
            Socket.setReadTimeout(fd, seconds: 30)
            _ = RoundTrip.get(1, wire, fd, &buffer)
        }
        buffer.deallocate()
    }

    /// Resident memory once it has stopped changing. Servers give buffers of idle connections back
    /// after a while (Redis after two seconds), so it waits longer than that first.
    private static func settled(_ server: ServerProcess) -> Int {
        Clock.sleep(nanoseconds: 4_000_000_000)
        var last = -1
        for _ in 0..<20 {
            Clock.sleep(nanoseconds: 250_000_000)
            let now = server.residentBytes()
            if now == last { break }
            last = now
        }
        return last
    }
}
