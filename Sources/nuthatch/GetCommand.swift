import ArgumentParser
import Posix

/// Writes a value to standard output, byte for byte.
struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the value of a key.",
        discussion: "Exit codes: 0 found, 1 not found, 2 refused or failed.")

    @Argument(help: "The key.") var key: String
    @OptionGroup var client: ClientOptions

    func run() throws {
        guard let response = try client.perform(ClientRequest(target: ClientRequest.path(ofKey: key))) else { return }
        guard response.isSuccess else {
            complain("\(key): \(response.complaint)")
            throw response.status == 404 ? ExitCode.notFound : .refused
        }
        Files.write(response.body, to: .standardOutput)
        // A prompt behind the value would be hard to read; a program gets the bytes alone.
        if Files.isTerminal(.standardOutput), response.body.last != UInt8(ascii: "\n") {
            Files.writeLine("", to: .standardOutput)
        }
    }
}
