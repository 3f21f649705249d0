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
            digests. Refused while a server uses the directory, \
            which none can begin to do meanwhile.

            With --sample it looks at one snapshot and four closed segments of the log, chosen by chance, at low \
            priority; the server may be running. Meant to be run again and again, by a timer.

            Exit codes: 0 sound, 1 only the last record is torn (a start cuts it off), 2 damaged, or \
            written by a newer version.
            """)

    @Argument(help: "The data directory.") var directory: String
    @Flag(help: "Look at a few files only, also of a running server.") var sample = false
    @Option(help: ArgumentHelp("With --sample: choose as an earlier run did, which said it.", valueName: "number"))
    var seed: UInt64?

    func validate() throws {
        if seed != nil && !sample { throw ValidationError("--seed goes with --sample") }
    }

    func run() throws {
        let disk = try DataDirectory.open(directory)
        // Beside a server the end of the log and files that retention lets go would look like damage.
        if !sample { try DataDirectory.claim(disk, or: "use --sample to check it beside the server") }
        let progress = SnapshotProgress()
        let findings = try DataDirectory.report(progress) { look(through: disk, progress) }
        for line in findings.lines { Files.writeLine(line, to: .standardOutput) }
        Files.writeLine("\(findings.verdict)", to: .standardOutput)
        if findings.verdict != .sound { throw ExitCode(findings.verdict.exitCode) }
    }

    private func look(through disk: PosixDisk, _ progress: SnapshotProgress) -> DirectoryCheck.Findings {
        guard sample else {
            return DirectoryCheck(disk: disk, progress: progress) { DigestState(hashSecret: $0) }.run()
        }
        Thread.lowerPriority()
        return SampleCheck(disk: disk, seed: seed ?? Process.randomWord(), progress: progress) {
            DigestState(hashSecret: $0)
        }.run()
    }
}
