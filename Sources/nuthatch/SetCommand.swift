import ArgumentParser

/// Stores a value.
struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Store a value under a key.",
        discussion: "Exit codes: 0 stored, 2 refused or failed, a failed --if-match among them.")

    @Argument(help: "The key.") var key: String
    @Argument(help: "The value; - reads it from standard input.") var value: String

    @Option(help: ArgumentHelp("Lifetime, as in 500ms, 60s, 10m~10% or keep.", valueName: "duration"))
    var ttl: String?

    @Option(help: ArgumentHelp("Lifetime that every read renews.", valueName: "duration"))
    var idle: String?

    @Option(
        help: ArgumentHelp(
            "Media type (default: text/plain; charset=utf-8 for an argument, else application/octet-stream).",
            valueName: "type"))
    var type: String?

    @Option(help: ArgumentHelp("Store only over this version; * is any.", valueName: "etag"))
    var ifMatch: String?

    @Option(help: ArgumentHelp("Store only when this is not the version; * means only a new key.", valueName: "etag"))
    var ifNoneMatch: String?

    @OptionGroup var client: ClientOptions

    func run() throws {
        guard let response = try client.perform(request) else { return }
        guard response.isSuccess else { throw refusal("\(key): \(response.complaint)") }
    }

    var request: ClientRequest {
        let query = ClientRequest.query([("ttl", ttl), ("idle", idle)])
        var request = ClientRequest(method: "PUT", target: ClientRequest.path(ofKey: key) + query)
        request.body = value == "-" ? .standardInput : .argument(value)
        // An argument is text. curl would call any body a form where nothing is said.
        let standard = value == "-" ? "application/octet-stream" : "text/plain; charset=utf-8"
        request.fields.append(("Content-Type", type ?? standard))
        if let ifMatch { request.fields.append(("If-Match", ClientRequest.entityTag(ifMatch))) }
        if let ifNoneMatch { request.fields.append(("If-None-Match", ClientRequest.entityTag(ifNoneMatch))) }
        return request
    }
}
