import ArgumentParser
import Posix

extension ExitCode {
    /// The server says that there is no such key.
    static let notFound = ExitCode(1)
    /// The server refused, failed or could not be reached.
    static let refused = ExitCode(2)
    /// The configuration is wrong (`EX_CONFIG` of sysexits.h).
    static let configuration = ExitCode(78)
}

/// Tells the person at the terminal what went wrong, a line each.
func complain(_ message: String) {
    for line in message.split(separator: "\n") { Files.writeLine("nuthatch: \(line)", to: .standardError) }
}
