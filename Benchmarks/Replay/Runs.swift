/// The runs that drive requests, from options to report.
struct Runs<W: Wire> {
    let options: Options
    let endpoint: Endpoint
    let wire: W
    let values: Values

    /// Returns whether every answer was a value, a miss or a success.
    func replay(_ trace: Trace) -> Bool {
        var workload = CacheAside(trace: trace, limit: options.requests)
        let driver = makeDriver()
        defer { driver.close() }
        var cost = options.server.map { Cost(of: $0) }
        let tally = driver.run(
            &workload, rate: options.rate, maxSeconds: options.maxSeconds, title: "replay")
        cost?.stop()

        var report = Report()
        report.add("lookups", tally.lookups)
        report.add("hits", tally.hits)
        report.add("misses", tally.misses)
        report.add("hit_ratio", tally.hitRatio)
        write(tally, cost, to: &report)
        report.add("get_", tally.gets)
        report.add("put_", tally.puts)
        report.print(json: options.json)
        return isClean(tally)
    }

    func load(_ kind: Options.Load) -> Bool {
        let requests = options.requests ?? options.keys
        let driver = makeDriver()
        defer { driver.close() }
        if options.warmUp > 0 {
            var warmUp = workload(kind, requests: options.warmUp, seed: options.seed &+ 1)
            _ = driver.run(&warmUp, rate: nil, maxSeconds: options.maxSeconds, title: nil)
        }
        var workload = workload(kind, requests: requests, seed: options.seed)
        let probe = options.probeInterval.map {
            Probe(endpoint: endpoint, wire: wire, keys: options.keys, interval: $0)
        }
        probe?.start()
        var cost = options.server.map { Cost(of: $0) }
        let tally = driver.run(
            &workload, rate: options.rate, maxSeconds: options.maxSeconds, title: kind.rawValue)
        cost?.stop()
        probe?.stop()

        var report = Report()
        write(tally, cost, to: &report)
        probe?.write(to: &report)
        report.print(json: options.json)
        return isClean(tally)
    }

    private func makeDriver() -> Driver<W> {
        Driver(
            endpoint: endpoint, wire: wire, values: values, connections: options.connections,
            depth: options.depth, verify: options.verify)
    }

    private func workload(_ kind: Options.Load, requests: Int, seed: UInt64) -> SteadyLoad {
        switch kind {
        case .fill: SteadyLoad(.put, .inTurn, keys: options.keys, requests: requests, seed: seed, again: options.again)
        case .put: SteadyLoad(.put, .random, keys: options.keys, requests: requests, seed: seed, again: options.again)
        case .get: SteadyLoad(.get, .random, keys: options.keys, requests: requests, seed: seed, again: options.again)
        }
    }

    private func write(_ tally: Tally, _ cost: Cost?, to report: inout Report) {
        report.add("requests", tally.requests)
        report.add("gets", Int(tally.gets.count))
        report.add("puts", Int(tally.puts.count))
        report.add("seconds", tally.seconds, unit: "s")
        report.add("requests_per_second", tally.perSecond)
        report.add("", tally.latency)
        cost?.write(requests: tally.requests, to: &report)
        report.add("get_misses", tally.misses)
        report.add("refused", tally.refused)
        if options.again { report.add("asked_again", tally.askedAgain) }
        if let refusal = tally.firstRefusal { report.add("first_refusal", refusal) }
        if options.verify { report.add("mismatches", tally.mismatches) }
    }

    private func isClean(_ tally: Tally) -> Bool { tally.refused == tally.askedAgain && tally.mismatches == 0 }
}
