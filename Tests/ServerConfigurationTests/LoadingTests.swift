import API
import Server
import Testing

private func load(
    _ flags: [String: String] = [:], environment: [String: String] = [:]
) throws(ConfigurationError) -> ServerConfiguration {
    try ConfigurationLoader.load(flags: flags, environment: environment)
}

/// The lines about what is wrong; empty when nothing is.
private func complaints(_ flags: [String: String] = [:], environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
        _ = try load(flags, environment: environment)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite struct `Layers of the configuration` {
    @Test func `without anything the documented defaults hold`() throws {
        #expect(try load() == ServerConfiguration())
    }

    @Test func `flags overrule variables, which overrule the file`() throws {
        let file = try TemporaryFile(#"{"port": 1001, "loops": 3, "eviction": "lru"}"#)
        let variables = ["NUTHATCH_PORT": "1002", "NUTHATCH_LOOPS": "4"]
        let made = try load(["config": file.path, "port": "1003"], environment: variables)
        #expect(made.port == 1003 && made.loops == 4 && made.eviction == .lru)
    }

    @Test func `the path of the file may stand in a variable, and a flag overrules it`() throws {
        let first = try TemporaryFile(#"{"port": 1001}"#)
        let second = try TemporaryFile(#"{"port": 1002}"#)
        #expect(try load(environment: ["NUTHATCH_CONFIG": first.path]).port == 1001)
        #expect(try load(["config": second.path], environment: ["NUTHATCH_CONFIG": first.path]).port == 1002)
    }

    @Test func `a bad text is told even where a higher layer overrules it`() throws {
        let wrong = complaints(["port": "1"], environment: ["NUTHATCH_PORT": "x"])
        #expect(wrong.count == 1 && wrong[0].hasPrefix("NUTHATCH_PORT: "))
    }

    @Test func `everything that is wrong is told at once`() throws {
        let file = try TemporaryFile(#"{"prot": 1, "port": [1]}"#)
        let wrong = complaints(
            ["config": file.path, "loops": "many"], environment: ["NUTHATCH_EVICTION": "best", "NUTHATCH_LOPS": "1"])
        #expect(wrong.count == 5)
        #expect(wrong[0] == #"\#(file.path): there is no setting "prot": did you mean port?"#)
        #expect(wrong[1].hasPrefix(#"\#(file.path): port: "[1]" cannot be taken: allowed is a whole number from 0"#))
        #expect(wrong[2].hasPrefix(#"NUTHATCH_EVICTION: "best" cannot be taken: allowed is one of s3-fifo, lru"#))
        #expect(wrong[3] == "NUTHATCH_LOPS: there is no such setting: did you mean NUTHATCH_LOOPS?")
        #expect(wrong[4].hasPrefix("--loops: "))
    }

    @Test func `a constant hash seed is refused`() {
        #expect(complaints(environment: ["SWIFT_DETERMINISTIC_HASHING": ""]).count == 1)
    }

    @Test func `variables of the client and of others are not settings`() {
        #expect(complaints(environment: ["NUTHATCH_URL": "http://x", "PATH": "/bin"]).isEmpty)
    }

    @Test func `variables with which Kubernetes tells about a service are not settings`() {
        let links = [
            "NUTHATCH_SERVICE_HOST": "10.0.0.1", "NUTHATCH_SERVICE_PORT": "8379",
            "NUTHATCH_PORT": "tcp://10.0.0.1:8379",
            "NUTHATCH_PORT_8379_TCP": "tcp://10.0.0.1:8379", "NUTHATCH_PORT_8379_TCP_PROTO": "tcp",
        ]
        #expect(complaints(environment: links).isEmpty)
        #expect(complaints(environment: ["NUTHATCH_PORT": "tcp://10.0.0.1:8379"]).count == 1)
    }

    @Test(arguments: Setting.all)
    func `the default of each setting, said aloud, is the default`(setting: Setting) throws {
        guard !setting.defaultText.isEmpty else { return }
        #expect(try load([setting.name: setting.defaultText]) == ServerConfiguration())
        #expect(try load(environment: [setting.variable: setting.defaultText]) == ServerConfiguration())
    }
}

@Suite struct `The configuration file` {
    @Test func `numbers, strings and words are taken`() throws {
        let file = try TemporaryFile(
            """
            {
                "max-memory": "2gb", "max-body-size": 4096, "ordered-keys": true, "idle-timeout": "1m",
                "max-connections-per-address": "7", "head-timeout": 3
            }
            """)
        let made = try load(["config": file.path])
        #expect(made.maxMemory == 2 << 30 && made.limits.bodySize == 4096 && made.orderedKeys)
        #expect(made.timeouts.idle == .seconds(60) && made.timeouts.head == .seconds(3))
        #expect(made.limits.connectionsPerAddress == 7)
    }

    @Test(arguments: [
        ("", "line 1, column 1: the JSON text ends too early"),
        ("{", "line 1, column 2: the JSON text ends too early"),
        ("[]", "line 1, column 1: an object is expected"),
        ("{\"port\": 1,\n  \"port\": 2}", "line 2, column 3: an object has two members of one name in "),
        ("{}x", "line 1, column 3: bytes after the end of the JSON value"),
    ])
    func `a broken text is told with its place`(text: String, expected: String) throws {
        let file = try TemporaryFile(text)
        let wrong = complaints(["config": file.path])
        #expect(wrong.count == 1 && wrong[0].hasPrefix("\(file.path): \(expected)"), "\(wrong)")
    }

    @Test(arguments: ["null", "1.5", "-1", "1e3", "{}", "\"\""])
    func `a value that no port can be is refused by name`(text: String) throws {
        let file = try TemporaryFile("{\"port\": \(text)}")
        let wrong = complaints(["config": file.path])
        #expect(wrong.count == 1 && wrong[0].hasPrefix("\(file.path): port: "), "\(wrong)")
    }

    @Test func `a missing file is told by its path`() {
        #expect(complaints(["config": "/nowhere/absent.json"]).first?.contains("/nowhere/absent.json") == true)
    }

    @Test func `tokens do not belong into it`() throws {
        let file = try TemporaryFile(#"{"token": "0123456789abcdef"}"#)
        #expect(complaints(["config": file.path]).count == 1)
    }
}

@Suite struct `Who may connect` {
    @Test(arguments: ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
    func `loopback needs no token`(host: String) {
        #expect(complaints(["host": host]).isEmpty)
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1"])
    func `another address needs one, or a word that it does not`(host: String) {
        let wrong = complaints(["host": host])
        #expect(wrong.count == 1 && wrong[0].contains("token") && wrong[0].contains("--insecure"))
        #expect(complaints(["host": host, "insecure": "true"]).isEmpty)
        #expect(complaints(["host": host], environment: ["NUTHATCH_TOKEN": "0123456789abcdef"]).isEmpty)
        #expect(complaints(["host": host], environment: ["NUTHATCH_READ_TOKEN": "0123456789abcdef"]).isEmpty)
    }

    @Test func `variables hold several tokens`() throws {
        let made = try load(environment: ["NUTHATCH_TOKEN": "0123456789abcdef, fedcba9876543210"])
        #expect(made.tokens.full == ["0123456789abcdef", "fedcba9876543210"] && made.tokens.readOnly == [])
        #expect(try made.tokens.accessPolicy().tokenCount == 2)
    }

    @Test(arguments: [
        "", ",", "0123456789abcdef,", "0123456789 abcdef", "0123456789abcdef\nread x", "0123456789abcdé", "a=b",
    ])
    func `a bad token is refused and not shown`(tokens: String) {
        let wrong = complaints(environment: ["NUTHATCH_TOKEN": tokens])
        #expect(wrong.count == 1 && wrong[0].hasPrefix("NUTHATCH_TOKEN: ") && !wrong[0].contains("0123456789"))
    }

    @Test func `a token file is read, and a bad line told by its number`() throws {
        let good = try TemporaryFile("# ours\n\nfull 0123456789abcdef\nread fedcba9876543210\n")
        #expect(try load(["token-file": good.path]).tokens.accessPolicy().tokenCount == 2)
        let bad = try TemporaryFile("full 0123456789abcdef\nboth x\n")
        #expect(complaints(["token-file": bad.path]).first?.hasPrefix("\(bad.path): line 2: ") == true)
        #expect(complaints(["token-file": "/nowhere/tokens"]).first?.contains("/nowhere/tokens") == true)
    }

    @Test func `a token file without a token does not open the server`() throws {
        let empty = try TemporaryFile("# none yet\n")
        #expect(complaints(["token-file": empty.path]) == ["\(empty.path): there is no token in it"])
    }
}
