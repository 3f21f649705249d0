import Bytes
import CacheModel
import Observability
import Testing

@Suite struct `metrics` {
    private func exposition(_ registry: MetricsRegistry, _ engine: EngineStatistics = EngineStatistics()) -> String {
        var out = IOBuffer()
        registry.append(engine: engine, topics: TopicStatistics(), version: "1.2", into: &out)
        return String(decoding: out.readable.copied(), as: UTF8.self)
    }

    @Test(arguments: [
        (0, 0), (1000, 0), (1001, 1), (2000, 1), (2001, 2), (4000, 2), (8_388_608_000, 23), (9_000_000_000_000, 24),
    ])
    func `a duration falls into the first bucket that holds it`(nanoseconds: UInt64, bucket: Int) {
        #expect(LatencyBuckets.index(nanoseconds: nanoseconds) == bucket)
    }

    @Test func `loops are summed and every line is well formed`() {
        let registry = MetricsRegistry(loops: 2, routes: ["none", "GET /v1/keys/{key}"])
        registry.requests(ofLoop: 0).record(route: 1, status: 200, nanoseconds: 1500)
        registry.requests(ofLoop: 1).record(route: 1, status: 200, nanoseconds: 3_000_000)
        registry.requests(ofLoop: 1).record(route: 1, status: 404, nanoseconds: 900)
        registry.requests(ofLoop: 1).record(route: 0, status: 999, nanoseconds: 900)
        let text = exposition(registry)
        #expect(text.contains("nuthatch_requests_total{route=\"GET /v1/keys/{key}\",status=\"200\"} 2\n"))
        #expect(text.contains("nuthatch_requests_total{route=\"GET /v1/keys/{key}\",status=\"404\"} 1\n"))
        #expect(text.contains("nuthatch_requests_total{route=\"none\",status=\"other\"} 1\n"))
        #expect(text.contains("route=\"GET /v1/keys/{key}\",le=\"0.000002000\"} 2\n"))
        #expect(text.contains("route=\"GET /v1/keys/{key}\",le=\"+Inf\"} 3\n"))
        #expect(text.contains("nuthatch_request_duration_seconds_sum{route=\"GET /v1/keys/{key}\"} 0.003002400\n"))
        #expect(text.hasSuffix("# EOF\n"))
    }

    @Test func `each family is announced once`() {
        let text = exposition(MetricsRegistry(loops: 1, routes: ["none"]))
        let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(Set(types).count == types.count)
        #expect(types.count > 20)
    }

    @Test func `what the engine counted is shown with its reasons`() {
        var engine = EngineStatistics()
        engine.hits = 7
        engine.misses[Int(MissReason.expired.rawValue)] = 3
        (engine.sessions, engine.endedSessions) = (5, 9)
        let text = exposition(MetricsRegistry(loops: 1, routes: ["none"]), engine)
        #expect(text.contains("nuthatch_hits_total 7\n"))
        #expect(text.contains("nuthatch_misses_total{reason=\"expired\"} 3\n"))
        #expect(text.contains("nuthatch_sessions{state=\"live\"} 5\nnuthatch_sessions{state=\"ended\"} 9\n"))
    }

    @Test func `connections are counted by how they ended`() {
        let registry = MetricsRegistry(loops: 1, routes: ["none"])
        let loop = registry.loop(0)
        loop.accepted.add(2)
        loop.open.add(2)
        loop.connectionClosed(.timeout)
        loop.timedOut(.head)
        let text = exposition(registry)
        #expect(text.contains("nuthatch_connections_open 1\n"))
        #expect(text.contains("nuthatch_connections_closed_total{reason=\"timeout\"} 1\n"))
        #expect(text.contains("nuthatch_timeouts_total{kind=\"head\"} 1\n"))
    }
}

@Suite struct `the access log` {
    @Test func `a line is JSON and nothing in a name can break it`() {
        var out = IOBuffer()
        let path = Array("/v1/keys/a\"\\".utf8) + [10, 27, 0xFF]
        AccessRecord(
            at: Instant(milliseconds: 5), method: "GET", path: path.span, status: 200, received: 0, sent: 9,
            nanoseconds: 12_345, peer: Array("::1".utf8).span
        ).append(into: &out)
        #expect(
            String(decoding: out.readable.copied(), as: UTF8.self)
                == "{\"at_ms\":5,\"method\":\"GET\",\"path\":\"/v1/keys/a\\\\x22\\\\x5C\\\\x0A\\\\x1B\\\\xFF\","
                + "\"status\":200,\"received\":0,\"sent\":9,\"us\":12,\"peer\":\"::1\"}\n")
    }
}
