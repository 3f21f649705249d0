import Glibc

/// The command line.
struct Options {
    enum Mode {
        case replay(traceFile: String?)
        case synthesise(output: String)
        case load(Load)
        case idle(Int)
        case subscribers(Int)
    }

    enum Load: String { case get, put, fill }

    var mode: Mode
    var endpoint: Endpoint?
    var synthetic: String?
    var connections = 8
    var depth = 1
    var keys = 100_000
    var requests: Int?
    var valueSize: Int?
    var rate: Double?
    var maxSeconds: Double?
    var warmUp = 0
    var probeInterval: UInt64?
    var seed: UInt64 = 1
    var headers: [String] = []
    var server: ServerProcess?
    var verify = false
    var json = false
    var events = 1000
    var window = 4
    var subscribePath = "/v1/events?topic=bench&envelope=none"
    var publishPath = "/v1/topics/bench"
    /// A get is a member's rank on a leaderboard, a put a score for it.
    var board = false
    /// A get is a session, a put its data, or one member of it.
    var session = false
    var patch = false
    /// A put is a POST of its value to this path and the key.
    var post: String?
    /// A put counts: what stands before the key in the path, and the script that does the same in Redis.
    var count: String?
    var script: String?

    init(_ arguments: [String]) {
        var rest = ArraySlice(arguments)
        var traceFile: String?
        var output: String?
        var load: Load?
        var idle: Int?
        var subscribers: Int?
        mode = .replay(traceFile: nil)

        while let name = rest.popFirst() {
            func text() -> String {
                guard let value = rest.popFirst() else { fail("\(name) wants a value; see --help") }
                return value
            }
            func number(atLeast least: Int) -> Int {
                let value = text()
                guard let number = Int(value), number >= least else {
                    fail("\(name) \(value): want a whole number of at least \(least)")
                }
                return number
            }
            func positive() -> Double {
                let value = text()
                guard let number = Double(value), number > 0 else { fail("\(name) \(value): want a number above 0") }
                return number
            }
            switch name {
            case "--trace": traceFile = text()
            case "--synthetic": synthetic = text()
            case "--output": output = text()
            case "--load":
                let value = text()
                guard let kind = Load(rawValue: value) else { fail("--load \(value): want get, put or fill") }
                load = kind
            case "--idle": idle = number(atLeast: 1)
            case "--subscribers": subscribers = number(atLeast: 1)
            case "--events": events = number(atLeast: 1)
            case "--window": window = number(atLeast: 1)
            case "--subscribe-path": subscribePath = text()
            case "--publish-path": publishPath = text()
            case "--url": endpoint = .http(text())
            case "--resp": endpoint = .resp(text())
            case "--memcached": endpoint = .memcached(text())
            case "--connections": connections = number(atLeast: 1)
            case "--pipeline": depth = number(atLeast: 1)
            case "--keys": keys = number(atLeast: 1)
            case "--requests": requests = number(atLeast: 1)
            case "--value-size": valueSize = number(atLeast: 0)
            case "--rate": rate = positive()
            case "--max-seconds": maxSeconds = positive()
            case "--warm-up": warmUp = number(atLeast: 0)
            case "--probe": probeInterval = UInt64(positive() * 1e6)
            case "--seed": seed = UInt64(number(atLeast: 0))
            case "--header": headers.append(text())
            case "--pid":
                let value = text()
                guard let process = ServerProcess(value) else { fail("--pid \(value): want PID or PID,PID") }
                server = process
            case "--verify": verify = true
            case "--json": json = true
            case "--board": board = true
            case "--session": session = true
            case "--patch": patch = true
            case "--count": count = text()
            case "--post": post = text()
            case "--script": script = text()
            case "--help", "-h":
                emit(Usage.text)
                exit(0)
            default: fail("\(name) is not known; see --help")
            }
        }

        if let subscribers {
            guard load == nil, idle == nil, output == nil else { fail("--subscribers goes alone") }
            mode = .subscribers(subscribers)
            return
        }
        switch (load, idle, output) {
        case (let load?, nil, nil): mode = .load(load)
        case (nil, let count?, nil): mode = .idle(count)
        case (nil, nil, let output?): mode = .synthesise(output: output)
        case (nil, nil, nil): mode = .replay(traceFile: traceFile)
        default: fail("--load, --idle and --output exclude each other")
        }
    }
}
