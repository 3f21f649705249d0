import ArgumentParser
import CacheEngine
import Durability
import Posix

/// Looks through a data directory.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Look through a data directory for damage; changes nothing.",
        discussion: """
            Reads the manifest, every record of the log and every snapshot, checks all checksums, positions and \
            digests. The server must not be running.

            Exit codes: 0 sound, 1 only the last record is torn (a start cuts it off), 2 damaged.
            """)

    @Argument(help: "The data directory.") var directory: String

    func run() throws {
        let disk = try DataDirectory.open(directory)
        let progress = SnapshotProgress()
        let check = DirectoryCheck(disk: disk, progress: progress) { DigestState(hashSecret: $0) }
        let findings = try DataDirectory.report(progress) { check.run() }
        for line in findings.lines { Files.writeLine(line, to: .standardOutput) }
        Files.writeLine("\(findings.verdict)", to: .standardOutput)
        if findings.verdict != .sound { throw ExitCode(findings.verdict.rawValue) }
    }
}
