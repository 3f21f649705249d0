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

    @Argument(help: "The data directory or archive.") var directory: String
    @Flag(help: "Look at a few files only, also of a running server.") var sample = false
    @Option(help: ArgumentHelp("With --sample: choose as an earlier run did, which said it.", valueName: "number"))
    var seed: UInt64?

    func validate() throws {
        if seed != nil && !sample { throw ValidationError("--seed goes with --sample") }
    }

    func run() throws {
        let (directories, flaws) = try directories()
        for flaw in flaws { Files.writeLine(flaw, to: .standardOutput) }
        var verdict = flaws.isEmpty ? DirectoryCheck.Verdict.sound : .damaged
        for disk in directories {
            // Beside a server the end of the log and files that retention lets go would look like damage.
            if !sample { try DataDirectory.claim(disk, or: "use --sample to check it beside the server") }
            let progress = SnapshotProgress()
            let findings = try DataDirectory.report(progress) { look(through: disk, progress) }
            for line in findings.lines { Files.writeLine(line, to: .standardOutput) }
            verdict = max(verdict, findings.verdict)
        }
        Files.writeLine("\(verdict)", to: .standardOutput)
        if verdict != .sound { throw ExitCode(verdict.exitCode) }
    }

    /// The data directory, or those of an archive and why others cannot be looked at. Without a manifest it may be a
    /// damaged directory: then itself.
    private func directories() throws -> ([any Disk], flaws: [String]) {
        let disk = try DataDirectory.open(directory)
        if let names = try? disk.names(), names.contains(FileNames.manifest) { return ([disk], []) }
        let archive: ArchiveChoice
        do throws(SystemError) { archive = try ArchiveChoice(at: directory) } catch {
            throw DataDirectory.failure("\(directory): \(error)")
        }
        let isArchive = !archive.volumes.isEmpty || !archive.flaws.isEmpty
        return (isArchive ? archive.volumes.map(\.disk) : [disk], archive.flaws)
    }

    private func look(through disk: any Disk, _ progress: SnapshotProgress) -> DirectoryCheck.Findings {
        guard sample else {
            return DirectoryCheck(disk: disk, progress: progress) { DigestState(hashSecret: $0) }.run()
        }
        Thread.lowerPriority()
        return SampleCheck(disk: disk, seed: seed ?? Process.randomWord(), progress: progress) {
            DigestState(hashSecret: $0)
        }.run()
    }
}
