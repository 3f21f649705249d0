import ArgumentParser
import CacheEngine
import CacheModel
import Durability
import Posix

/// Makes a new data directory with an earlier state.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a new data directory with the state of another at a time or position.",
        discussion: """
            The directory it reads stays as it is; the new one must be empty or not there, and begins a new history. \
            To a time means: nothing that happened later. A server may be running on the directory that is read.

            Lifetimes are absolute: keys whose end has passed are gone. With --shift-ttl each keeps the life it had \
            left.

            Exit codes: 0 restored, 2 refused or failed; then nothing counts that was written.
            """)

    @Option(help: ArgumentHelp("A time or a position (default: the end of the log).", valueName: "time|position"))
    var to: String?
    @Option(help: ArgumentHelp("The data directory or archive to read.", valueName: "directory")) var from: String
    @Option(help: ArgumentHelp("The new data directory.", valueName: "directory")) var into: String
    @Flag(help: "Give every key the lifetime it had left.") var shiftTtl = false

    func run() throws {
        let target = try to.map { try RestoreText.target($0) } ?? .end
        let source = try DataSource.at(from).part(for: target)
        let progress = SnapshotProgress()
        let restoration = Restoration(source: source.disk, manifest: source.manifest, progress: progress) {
            DataDirectory.engine(hashSecret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        try restoration.perform(to: target, into: into, shiftsLifetimes: shiftTtl, progress)
    }
}

extension Restoration {
    /// Restores with progress on standard error and the outcome on standard output.
    func perform(
        to target: RestoreTarget, into path: String, shiftsLifetimes: Bool, _ progress: SnapshotProgress
    ) throws {
        let now = Instant(milliseconds: Clock.wallMilliseconds())
        do {
            let directory = try DataDirectory.open(path, creating: true)
            let outcome = try DataDirectory.report(progress) {
                try run(
                    to: target, into: directory, now: now, lifetimes: shiftsLifetimes ? .shifted(to: now) : .absolute)
            }
            for warning in outcome.warnings { complain(warning) }
            Files.writeLine(
                "\(path): position \(outcome.position.text), \(RestoreText.text(outcome.logTime)), "
                    + "\(outcome.entries) entries, \(outcome.records) records of the log applied",
                to: .standardOutput)
        } catch let error as RestoreError {
            throw DataDirectory.failure("\(error)")
        }
    }
}
