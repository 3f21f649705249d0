import Glibc

@main
struct ReplayCommand {
    static func main() {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        if case .synthesise(let output) = options.mode {
            guard let recipe = options.synthetic else { fail("--output wants --synthetic zipf:KEYS:REQUESTS:ALPHA") }
            Zipf.trace(recipe, seed: options.seed).write(to: output)
            return
        }
        guard let endpoint = options.endpoint else { fail("no server: --url, --resp or --memcached; see --help") }
        let clean =
            switch endpoint.dialect {
            case .http where options.board:
                run(options, endpoint, BoardHTTPWire(host: endpoint.authority, headers: options.headers))
            case .resp where options.board: run(options, endpoint, BoardRESPWire())
            case .http where options.count != nil:
                run(
                    options, endpoint,
                    CountHTTPWire(host: endpoint.authority, path: options.count ?? "", headers: options.headers))
            case .resp where options.count != nil: run(options, endpoint, CountRESPWire(script: options.script))
            case .http where options.session:
                run(
                    options, endpoint,
                    SessionHTTPWire(host: endpoint.authority, headers: options.headers, isPatch: options.patch))
            case .resp where options.session: run(options, endpoint, SessionRESPWire(isPatch: options.patch))
            case .http(let path):
                run(
                    options, endpoint,
                    HTTPWire(
                        host: endpoint.authority, path: options.post ?? path, headers: options.headers,
                        posts: options.post != nil))
            case .resp: run(options, endpoint, RESPWire())
            case .memcached: run(options, endpoint, MemcachedWire())
            }
        exit(clean ? 0 : 1)
    }

    private static func run<W: Wire>(_ options: Options, _ endpoint: Endpoint, _ wire: W) -> Bool {
        let runs = Runs(
            options: options, endpoint: endpoint, wire: wire, values: Values(fixedSize: options.valueSize))
        switch options.mode {
        case .load(let kind): return runs.load(kind)
        case .replay(let file): return runs.replay(trace(file, options))
        case .idle(let count):
            guard let server = options.server else { fail("--idle wants --pid, the server's process") }
            IdleConnections.run(count, endpoint: endpoint, wire: wire, server: server)
                .print(json: options.json)
            return true
        case .subscribers(let count):
            Subscribers(
                endpoint: endpoint, count: count, subscribePath: options.subscribePath,
                publishPath: options.publishPath, payload: options.valueSize ?? 64, window: options.window
            ).run(events: options.events, server: options.server).print(json: options.json)
            return true
        case .synthesise: return true
        }
    }

    private static func trace(_ file: String?, _ options: Options) -> Trace {
        switch (file, options.synthetic) {
        case (let file?, nil): return Trace(file: file)
        case (nil, let recipe?): return Zipf.trace(recipe, seed: options.seed)
        case (nil, nil): fail("nothing to do: --trace FILE, --synthetic …, --load … or --idle N; see --help")
        default: fail("--trace and --synthetic exclude each other")
        }
    }
}
