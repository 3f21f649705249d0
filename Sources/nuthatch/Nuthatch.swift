import ArgumentParser
import Posix
import Server

/// The command line: the server and a small client in one binary.
@main
struct Nuthatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nuthatch",
        abstract: "A cache you can curl: keys and values over HTTP.",
        discussion: """
            Without a subcommand it serves. The client commands talk to a running server; each prints the equal curl \
            line with --curl.
            """,
        version: ProductVersion.text,
        subcommands: [ServeCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Client",
                subcommands: [
                    GetCommand.self, SetCommand.self, DeleteCommand.self, StatsCommand.self, PingCommand.self,
                ]),
            CommandGroup(
                name: "Data directories",
                subcommands: [VerifyCommand.self, PositionsCommand.self, RestoreCommand.self, RecoverCommand.self]),
        ],
        defaultSubcommand: ServeCommand.self
    )

    static func main() { main(Process.arguments) }
}
