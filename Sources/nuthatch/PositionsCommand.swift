import ArgumentParser
import CacheModel
import Durability
import Posix

/// Lists what a data directory can be restored to.
struct PositionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "positions", abstract: "List positions of a data directory and their times.",
        discussion: """
            One line each: position, time, snapshot or segment. A restore can go to any position and any time between \
            the first and the last. With --at the position of a time, with --of the time of a position.

            Exit codes: 0 found, 1 nothing there, 2 the directory cannot be read.
            """)

    @Argument(help: "The data directory or archive.") var directory: String
    @Option(help: ArgumentHelp("Print the last position at or before a time.", valueName: "time")) var at: String?
    @Option(help: ArgumentHelp("Print the time of a position.", valueName: "position")) var of: String?

    func run() throws {
        let parts = try DataSource.at(directory).parts
        let rows: [PositionTable.Row]
        do {
            rows = try parts.flatMap { try self.rows($0.disk, $0.manifest) }
        } catch let error as RecoveryError {
            throw DataDirectory.failure(error.description)
        }
        for row in rows {
            Files.writeLine("\(row.position.text) \(RestoreText.text(row.time)) \(row.name)", to: .standardOutput)
        }
        if rows.isEmpty { throw ExitCode.notFound }
    }

    private func rows(_ disk: any Disk, _ manifest: Manifest) throws -> [PositionTable.Row] {
        let reader = LogReader(disk: disk, manifest: manifest)
        if let at {
            let found = try reader.moment(at: try RestoreText.time(at))
            return found.map { [PositionTable.Row(position: $0.last, time: $0.lastTime, name: "")] } ?? []
        }
        if let of {
            let found = try reader.record(at: try RestoreText.position(of))
            return found.map { [PositionTable.Row(position: $0.position, time: $0.logTime, name: "")] } ?? []
        }
        return try PositionTable(manifest, on: disk).rows
    }
}
