import API
import Bytes
import Posix

/// Where the tokens come from: two variables and a file, never a flag, which every user of the machine could read.
package struct TokenSettings: Sendable, Equatable {
    /// From `NUTHATCH_TOKEN`: they may do everything.
    package var full: [String] = []
    /// From `NUTHATCH_READ_TOKEN`: they may read.
    package var readOnly: [String] = []
    /// The path of the token file.
    package var file: String?

    /// True when no token is configured anywhere.
    package var isEmpty: Bool { full.isEmpty && readOnly.isEmpty && file == nil }

    /// More is not a file of tokens.
    static let fileLimit = 1 << 20

    package init() {}

    static let fullVariable = "NUTHATCH_TOKEN"
    static let readOnlyVariable = "NUTHATCH_READ_TOKEN"

    /// Who may do what by these tokens. The file is read anew, so a reload is this call again.
    package func accessPolicy() throws(ConfigurationError) -> AccessPolicy {
        var policy = AccessPolicy()
        if let file {
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try Files.readAll(file, limit: Self.fileLimit)
            } catch {
                throw ConfigurationError("token-file", error.description)
            }
            do throws(AccessPolicy.ParseFailure) {
                policy = try AccessPolicy.parse(bytes.span)
            } catch {
                throw ConfigurationError(file, "line \(error.line): \(error.reason.message)")
            }
            // An empty file would open the server that somebody meant to close.
            if policy.isOpen { throw ConfigurationError(file, "there is no token in it") }
        }
        for token in full { policy.grant(.everything, to: Array(token.utf8).span) }
        for token in readOnly { policy.grant(.read, to: Array(token.utf8).span) }
        return policy
    }

    /// Takes the tokens of a variable, which stand between commas. What is refused is not shown: it may be a secret
    /// but for a blank.
    static func parse(_ text: String, of variable: String) throws(ConfigurationError) -> [String] {
        var tokens: [String] = []
        for piece in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let token = Array(piece).span.trimmingBlanks().copied()
            // A line break would make two lines of one token.
            guard !token.contains(ASCII.lineFeed) else {
                throw ConfigurationError(variable, "a line break; several tokens are separated by commas")
            }
            do throws(AccessPolicy.ParseFailure) {
                _ = try AccessPolicy.parse((Array("full ".utf8) + token).span)
            } catch {
                throw ConfigurationError(variable, "\(error.reason.message); several tokens are separated by commas")
            }
            tokens.append(String(decoding: token, as: UTF8.self))
        }
        return tokens
    }
}
