import API
import Bytes
import Durability
import Posix

/// Lays flags over the environment over a configuration file over the defaults.
///
/// Every text of every layer is checked, also one that a higher layer overrules, and all that is wrong is told at once.
package struct ConfigurationLoader {
    private var configuration = ServerConfiguration()
    private var problems: [ConfigurationProblem] = []

    /// Variables that begin like ours and belong to the client, the build or the tests.
    private static let othersVariables: Set<String> = ["NUTHATCH_URL", "NUTHATCH_BIN", "NUTHATCH_FUZZ"]

    /// - Parameters:
    ///   - flags: the settings of the command line by name, `config` among them.
    ///   - environment: all variables of the process.
    package static func load(
        flags: [String: String], environment: [String: String]
    ) throws(ConfigurationError) -> ServerConfiguration {
        var loader = ConfigurationLoader()
        loader.refuseConstantHashing(environment)
        let variables = loader.ownVariables(of: environment)
        if let path = flags["config"] ?? variables["NUTHATCH_CONFIG"] { loader.applyFile(path) }
        loader.applyVariables(variables)
        for setting in Setting.all {
            if let text = flags[setting.name] { loader.apply(setting, text, from: setting.flag) }
        }
        if loader.problems.isEmpty { loader.checkAccess() }
        loader.checkKept()
        guard loader.problems.isEmpty else { throw ConfigurationError(loader.problems) }
        return loader.configuration
    }

    // MARK: Layers

    private mutating func applyFile(_ path: String) {
        do throws(ConfigurationError) {
            for (name, text) in try ConfigurationFile.read(path) {
                if let setting = Setting.named(name) {
                    apply(setting, text, from: "\(path): \(name)")
                } else {
                    let hint = Self.hint(for: name, among: Setting.all.map(\.name))
                    fail(path, "there is no setting \(SettingFailure.quoted(name))\(hint)")
                }
            }
        } catch {
            problems += error.problems
        }
    }

    private mutating func applyVariables(_ variables: [String: String]) {
        var unknown = Set(variables.keys).subtracting(["NUTHATCH_CONFIG"])
        for setting in Setting.all {
            guard let text = variables[setting.variable] else { continue }
            unknown.remove(setting.variable)
            apply(setting, text, from: setting.variable)
        }
        for (variable, place) in [
            (TokenSettings.fullVariable, \TokenSettings.full), (TokenSettings.readOnlyVariable, \.readOnly),
        ] {
            guard let text = variables[variable] else { continue }
            unknown.remove(variable)
            do throws(ConfigurationError) {
                configuration.tokens[keyPath: place] = try TokenSettings.parse(text, of: variable)
            } catch {
                problems += error.problems
            }
        }
        let known = Setting.all.map(\.variable) + [TokenSettings.fullVariable, TokenSettings.readOnlyVariable]
        for variable in unknown.sorted() {
            fail(variable, "there is no such setting\(Self.hint(for: variable, among: known))")
        }
    }

    private mutating func apply(_ setting: Setting, _ text: String, from place: String) {
        do throws(SettingFailure) {
            try setting.apply(&configuration, text)
        } catch {
            fail(place, error.message)
        }
    }

    private mutating func fail(_ place: String, _ message: String) {
        problems.append(ConfigurationProblem(place: place, message: message))
    }

    // MARK: Environment

    /// The variables that are meant for the server.
    ///
    /// Kubernetes gives every pod variables that tell about each service; those of one called `nuthatch` begin like
    /// ours and `NUTHATCH_PORT` is even one of ours, with a URL in it.
    private func ownVariables(of environment: [String: String]) -> [String: String] {
        let isBesideService = environment["NUTHATCH_SERVICE_HOST"] != nil
        return environment.filter { name, text in
            guard name.utf8.starts(with: "NUTHATCH_".utf8), !Self.othersVariables.contains(name) else { return false }
            guard isBesideService else { return true }
            let isLink =
                name.utf8.starts(with: "NUTHATCH_SERVICE_".utf8) || name.utf8.starts(with: "NUTHATCH_PORT_".utf8)
                || name == "NUTHATCH_PORT" && text.utf8.starts(with: "tcp://".utf8)
            return !isLink
        }
    }

    /// With a constant seed an attacker can choose keys that collide.
    private mutating func refuseConstantHashing(_ environment: [String: String]) {
        if environment["SWIFT_DETERMINISTIC_HASHING"] != nil {
            fail("SWIFT_DETERMINISTIC_HASHING", "makes hashing predictable to attackers: unset it")
        }
    }

    // MARK: Access

    /// Without a token only this machine may connect, unless somebody says that he knows.
    private mutating func checkAccess() {
        do throws(ConfigurationError) {
            let policy = try configuration.tokens.accessPolicy()
            if !policy.isOpen || configuration.insecure { return }
        } catch {
            problems += error.problems
            return
        }
        do throws(SystemError) {
            let address = try SocketAddress.resolve(
                host: configuration.host, port: configuration.port, forListening: true)
            if address.isLoopback { return }
        } catch {
            return fail("host", error.description)
        }
        fail(
            "host",
            """
            \(SettingFailure.quoted(configuration.host)) lets other machines in and no token is configured: set \
            NUTHATCH_TOKEN or --token-file, listen on 127.0.0.1, or say --insecure
            """)
    }

    /// What is kept must fit a record, and what is atomic a segment, or a start could not read it.
    private mutating func checkKept() {
        let keeping = configuration.keeping
        if !keeping.archiveDirectory.isEmpty, ["", keeping.archiveDirectory].contains(keeping.directory) {
            fail("archive-dir", "needs a --data-dir to copy from, which is another directory")
        }
        guard !keeping.directory.isEmpty else { return }
        if configuration.limits.valueSize > RecordHeader.maximumValue {
            fail("max-value-size", "with --data-dir a value has 31mb at most")
        }
        if configuration.limits.bodySize > SegmentBytes.longestGroup {
            fail("max-body-size", "with --data-dir a body has 512mb at most: an atomic batch is one piece of the log")
        }
    }

    // MARK: Hints

    /// A question after the one known name that is nearly this one.
    private static func hint(for name: String, among known: [String]) -> String {
        let near = known.map { (name: $0, distance: distance(Array(name.utf8), Array($0.utf8))) }
        guard let best = near.min(by: { $0.distance < $1.distance }), best.distance <= 3 else { return "" }
        return ": did you mean \(best.name)?"
    }

    /// How many bytes to insert, remove or replace (Levenshtein).
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        // Names are short; a long one is none of ours.
        guard first.count < 64, second.count < 64 else { return .max }
        var row = Array(0...second.count)
        for (line, byte) in first.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in second.indices {
                let replaced = diagonal + (byte == second[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[second.count]
    }
}
