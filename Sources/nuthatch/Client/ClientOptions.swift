import ArgumentParser
import Posix
import Server

/// What all client commands share.
struct ClientOptions: ParsableArguments {
    @Option(help: "Server to talk to (default: NUTHATCH_URL or \(ServerURL.standard.text)).")
    var url: String?

    @Option(help: ArgumentHelp("How long to wait for the server.", valueName: "duration"))
    var timeout = "10s"

    @Flag(help: "Print the equal curl line instead of sending.")
    var curl = false

    /// Sends the request, or prints it.
    /// - Returns: nil when it was printed only.
    func perform(_ request: ClientRequest) throws -> ClientResponse? {
        let environment = try variables()
        let server = try server(environment)
        var request = request
        request.token = ClientRequest.Token(environment)
        try check(request)
        if curl {
            Files.writeLine(CurlLine.text(for: request, to: server), to: .standardOutput)
            return nil
        }
        let client = HTTPClient(server: server, timeoutMilliseconds: try milliseconds())
        do throws(ClientError) {
            return try client.send(request)
        } catch {
            throw refusal(error.message(for: server))
        }
    }

    private func variables() throws -> [String: String] {
        do throws(ConfigurationError) { return try Environment.read() } catch { throw refusal(error.description) }
    }

    private func server(_ environment: [String: String]) throws -> ServerURL {
        guard let text = url ?? environment["NUTHATCH_URL"] else { return .standard }
        do throws(ServerURL.ParseFailure) { return try .parse(text) } catch { throw refusal(error.message) }
    }

    private func milliseconds() throws -> Int {
        do throws(SettingFailure) {
            return Int(try SettingText.duration(timeout, in: .milliseconds(1)...Duration.seconds(86_400)).milliseconds)
        } catch {
            throw refusal("--timeout: \(error.message)")
        }
    }

    /// A line break in a field would begin another field.
    private func check(_ request: ClientRequest) throws {
        let values = request.fields.map(\.value) + [request.token?.text ?? ""]
        for value in values where !value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            throw refusal("a control character cannot stand in a header field")
        }
    }
}

/// Complains, and gives the exit code to throw.
func refusal(_ message: String) -> ExitCode {
    complain(message)
    return .refused
}
