import ArgumentParser

/// Removes keys, one request each.
struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "del", abstract: "Remove keys.",
        discussion: "Exit codes: 0 all removed, 1 some were not there, 2 refused or failed.")

    @Argument(help: "The keys.") var keys: [String]
    @OptionGroup var client: ClientOptions

    func run() throws {
        var code: ExitCode?
        for key in keys {
            let request = ClientRequest(method: "DELETE", target: ClientRequest.path(ofKey: key))
            guard let response = try client.perform(request), !response.isSuccess else { continue }
            complain("\(key): \(response.complaint)")
            if response.status != 404 { throw ExitCode.refused }
            code = .notFound
        }
        if let code { throw code }
    }
}
