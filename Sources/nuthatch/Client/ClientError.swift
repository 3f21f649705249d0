/// Why no answer came of a request.
enum ClientError: Error, Equatable {
    case unreachable(String)
    case brokenOff(String)
    case badAnswer(String)

    /// - Parameter server: the URL, so that the message says who did not answer.
    func message(for server: ServerURL) -> String {
        switch self {
        case .unreachable(let reason): "\(server.text) cannot be reached: \(reason)"
        case .brokenOff(let reason): "\(server.text) did not answer: \(reason)"
        case .badAnswer(let reason): "\(server.text) does not answer like Nuthatch: \(reason)"
        }
    }
}
