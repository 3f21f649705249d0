import ArgumentParser
import Posix
import Server

/// Runs the server until a signal stops it.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the cache over HTTP (this is what happens without a subcommand).",
        discussion: """
            Each setting is a flag, a variable and a member of the configuration file: --max-memory, \
            NUTHATCH_MAX_MEMORY, {"max-memory": "2gb"}. Flags overrule variables, variables overrule the file.

            Tokens are never flags, for others can see those. NUTHATCH_TOKEN gives full access, NUTHATCH_READ_TOKEN \
            reads; each may hold several, separated by commas. Without a token only this machine may connect.

            Sizes are bytes or have kb, mb, gb or tb. Durations have ms, s, m or h.
            """
    )

    @OptionGroup(title: "Listening") var listening: ListeningOptions
    @OptionGroup(title: "Memory") var memory: MemoryOptions
    @OptionGroup(title: "Keeping") var keeping: KeepingOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup(title: "Timeouts") var timeouts: TimeoutOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Configuration") var file: ConfigurationOptions

    /// What the flags say, by the names of the settings.
    var flags: [String: String] {
        let groups = [
            listening.settings, memory.settings, keeping.settings, access.settings, timeouts.settings, limits.settings,
            file.settings,
        ]
        var flags: [String: String] = [:]
        for group in groups {
            for case (let name, let text?) in group { flags[name] = text }
        }
        return flags
    }

    func run() throws {
        let settings: ServerConfiguration
        do throws(ConfigurationError) {
            settings = try ConfigurationLoader.load(flags: flags, environment: try Environment.read())
        } catch {
            complain(error.description)
            throw ExitCode.configuration
        }
        if file.check {
            Files.writeLine("nuthatch: the configuration is good", to: .standardOutput)
            return
        }
        if settings.insecure && settings.tokens.isEmpty {
            complain("warning: insecure: whoever reaches \(settings.host) may read and change everything")
        }
        let code: Int32
        do {
            code = try CacheServer.run(configuration: settings)
        } catch {
            complain("\(error)")
            throw ExitCode.failure
        }
        throw ExitCode(code)
    }
}

/// A flag's help: what it does, and the default from the table of settings.
private func help(_ setting: String, _ text: String, value: String? = nil) -> ArgumentHelp {
    let standard = Setting.all.first { $0.name == setting }?.defaultText ?? ""
    let ending = standard.isEmpty || standard == "false" ? "" : " (default: \(standard))"
    return ArgumentHelp("\(text)\(ending)", valueName: value)
}

struct ListeningOptions: ParsableArguments {
    @Option(help: help("host", "Address to listen on.", value: "address"))
    var host: String?

    @Option(help: help("port", "Port to listen on; 0 picks a free one and prints it."))
    var port: String?

    @Option(help: help("loops", "Event loops; auto is one per core.", value: "number"))
    var loops: String?

    var settings: [(String, String?)] { [("host", host), ("port", port), ("loops", loops)] }
}

struct MemoryOptions: ParsableArguments {
    @Option(help: help("max-memory", "What entries may take in all; 0 is no limit.", value: "size"))
    var maxMemory: String?

    @Option(help: help("eviction", "Which entry goes when memory is short: \(policies).", value: "policy"))
    var eviction: String?

    @Flag(inversion: .prefixedNo, help: "Keep keys in order, for listings in byte order.")
    var orderedKeys: Bool?

    private static let policies = EvictionSetting.allCases.map(\.rawValue).joined(separator: ", ")

    var settings: [(String, String?)] {
        [("max-memory", maxMemory), ("eviction", eviction), ("ordered-keys", orderedKeys.map(String.init))]
    }
}

struct KeepingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Directory of log and snapshots; without one nothing is kept.", valueName: "directory"))
    var dataDir: String?

    @Option(help: help("fsync", "When the disk must have a change: always, everysec, no.", value: "policy"))
    var fsync: String?

    @Option(help: help("log-failure", "What to do when the log fails: exit, read-only.", value: "reaction"))
    var logFailure: String?

    @Flag(inversion: .prefixedNo, help: "Refuse to start when acknowledged changes are missing.")
    var strictTail: Bool?

    @Option(help: help("log-segment-size", "Where a file of the log ends and the next begins.", value: "size"))
    var logSegmentSize: String?

    @Option(help: help("snapshot-every", "Between two snapshots; 0 is none by time.", value: "duration"))
    var snapshotEvery: String?

    @Option(help: help("snapshot-growth", "Log behind which a snapshot is due; 0 is none by growth.", value: "size"))
    var snapshotGrowth: String?

    @Option(help: help("snapshot-level", "How hard snapshots are compressed, 0 to 9.", value: "level"))
    var snapshotLevel: String?

    @Option(help: help("snapshot-keep", "Snapshots to keep at least.", value: "number"))
    var snapshotKeep: String?

    @Flag(inversion: .prefixedNo, help: "Make a snapshot when the server stops (default: on).")
    var snapshotAtStop: Bool?

    @Option(help: help("restore-window", "How far back a restore can go.", value: "duration"))
    var restoreWindow: String?

    @Option(help: ArgumentHelp("Directory that log and snapshots are copied to.", valueName: "directory"))
    var archiveDir: String?

    @Option(help: help("archive-every", "When a file of the log is copied though not full.", value: "duration"))
    var archiveEvery: String?

    var settings: [(String, String?)] {
        [
            ("data-dir", dataDir), ("fsync", fsync), ("log-failure", logFailure),
            ("strict-tail", strictTail.map(String.init)), ("log-segment-size", logSegmentSize),
            ("snapshot-every", snapshotEvery), ("snapshot-growth", snapshotGrowth), ("snapshot-level", snapshotLevel),
            ("snapshot-keep", snapshotKeep), ("snapshot-at-stop", snapshotAtStop.map(String.init)),
            ("restore-window", restoreWindow), ("archive-dir", archiveDir), ("archive-every", archiveEvery),
        ]
    }
}

struct AccessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("File of tokens: full, write or read, then TOKEN, a line.", valueName: "path"))
    var tokenFile: String?

    @Flag(inversion: .prefixedNo, help: "Let other machines in without a token.")
    var insecure: Bool?

    @Flag(inversion: .prefixedNo, help: "Log every request.")
    var accessLog: Bool?

    @Flag(inversion: .prefixedNo, help: "Let clients put sessions under ids of their own.")
    var sessionClientIds: Bool?

    var settings: [(String, String?)] {
        [
            ("token-file", tokenFile), ("insecure", insecure.map(String.init)),
            ("access-log", accessLog.map(String.init)),
            ("session-client-ids", sessionClientIds.map(String.init)),
        ]
    }
}

struct TimeoutOptions: ParsableArguments {
    @Option(help: help("drain-timeout", "For requests in flight when stopping.", value: "duration"))
    var drainTimeout: String?

    @Option(help: help("first-byte-timeout", "For the first byte of a new connection.", value: "duration"))
    var firstByteTimeout: String?

    @Option(help: help("idle-timeout", "Between two requests of a connection.", value: "duration"))
    var idleTimeout: String?

    @Option(help: help("head-timeout", "From the first byte of a request to the end of its head.", value: "duration"))
    var headTimeout: String?

    @Option(help: help("body-timeout", "For a whole request body.", value: "duration"))
    var bodyTimeout: String?

    @Option(help: help("write-timeout", "For a client that takes nothing of its answer.", value: "duration"))
    var writeTimeout: String?

    var settings: [(String, String?)] {
        [
            ("drain-timeout", drainTimeout), ("first-byte-timeout", firstByteTimeout), ("idle-timeout", idleTimeout),
            ("head-timeout", headTimeout), ("body-timeout", bodyTimeout), ("write-timeout", writeTimeout),
        ]
    }
}

struct LimitOptions: ParsableArguments {
    @Option(
        help: help(
            "max-connections", "Open connections; auto is the descriptor limit without a reserve of 64.",
            value: "number"))
    var maxConnections: String?

    @Option(help: help("max-connections-per-address", "Open connections of one address.", value: "number"))
    var maxConnectionsPerAddress: String?

    @Option(help: help("max-request-line", "The first line of a request.", value: "size"))
    var maxRequestLine: String?

    @Option(help: help("max-header-bytes", "All header fields of a request together.", value: "size"))
    var maxHeaderBytes: String?

    @Option(help: help("max-header-fields", "Header fields of a request.", value: "number"))
    var maxHeaderFields: String?

    @Option(help: help("max-value-size", "One value.", value: "size"))
    var maxValueSize: String?

    @Option(help: help("max-body-size", "One request body.", value: "size"))
    var maxBodySize: String?

    var settings: [(String, String?)] {
        [
            ("max-connections", maxConnections), ("max-connections-per-address", maxConnectionsPerAddress),
            ("max-request-line", maxRequestLine), ("max-header-bytes", maxHeaderBytes),
            ("max-header-fields", maxHeaderFields), ("max-value-size", maxValueSize), ("max-body-size", maxBodySize),
        ]
    }
}

struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("JSON file of settings.", valueName: "path"))
    var config: String?

    @Flag(help: "Say whether the configuration is good, and exit.")
    var check = false

    var settings: [(String, String?)] { [("config", config)] }
}
