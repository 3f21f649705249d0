import Bytes

extension MetricsRegistry {
    /// Requests by route and status, and their latency by route. Rows that never counted are left out.
    func appendRequests(into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_requests", .counter, "Requests answered, by route and status.", into: &out)
        for route in routes.indices {
            for place in 0..<StatusTable.count {
                let count = sum { $0.requests(route: route, place: place) }
                if count > 0 { appendRequestSample(metrics, route, place, count, into: &out) }
            }
        }
        metrics.family(
            "nuthatch_request_duration_seconds", .histogram,
            "Time from a request's last byte to its answer's, by route.", into: &out)
        for route in routes.indices { appendLatency(route, into: &out) }
    }

    private func appendRequestSample(
        _ metrics: OpenMetrics, _ route: Int, _ place: Int, _ count: UInt64, into out: inout IOBuffer
    ) {
        metrics.beginSample(into: &out)
        out.append("{")
        OpenMetrics.label("route", routes[route], into: &out)
        out.append(",status=\"")
        if place < StatusTable.statuses.count {
            out.append(decimal: StatusTable.statuses[place])
        } else {
            out.append("other")
        }
        out.append("\"} ")
        out.append(decimal: count)
        out.append("\n")
    }

    private func appendLatency(_ route: Int, into out: inout IOBuffer) {
        let counts = (0..<LatencyBuckets.count).map { bucket in sum { $0.bucket(route: route, index: bucket) } }
        let total = counts.reduce(0, &+)
        if total == 0 { return }
        var running: UInt64 = 0
        for bucket in counts.indices {
            running &+= counts[bucket]
            beginLatencySample("_bucket{", route, into: &out)
            out.append(",le=\"")
            if bucket < LatencyBuckets.count - 1 {
                OpenMetrics.seconds(nanoseconds: LatencyBuckets.microseconds(bucket) * 1000, into: &out)
            } else {
                out.append("+Inf")
            }
            out.append("\"} ")
            out.append(decimal: running)
            out.append("\n")
        }
        beginLatencySample("_sum{", route, into: &out)
        out.append("} ")
        OpenMetrics.seconds(nanoseconds: sum { $0.elapsed(route: route) }, into: &out)
        out.append("\n")
        beginLatencySample("_count{", route, into: &out)
        out.append("} ")
        out.append(decimal: total)
        out.append("\n")
    }

    private func beginLatencySample(_ suffix: StaticString, _ route: Int, into out: inout IOBuffer) {
        out.append("nuthatch_request_duration_seconds")
        out.append(suffix)
        OpenMetrics.label("route", routes[route], into: &out)
    }
}
