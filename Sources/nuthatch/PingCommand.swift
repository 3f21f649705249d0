import ArgumentParser
import Posix

/// Asks the server whether it lives: also the health check of the container image.
struct PingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Ask whether the server answers.",
        discussion: "Exit codes: 0 it does, 2 it does not.")

    @OptionGroup var client: ClientOptions

    func run() throws {
        guard let response = try client.perform(ClientRequest(target: "/healthz")) else { return }
        guard response.isSuccess else { throw refusal(response.complaint) }
        Files.writeLine("alive", to: .standardOutput)
    }
}
