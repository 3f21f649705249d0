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

    /// More is not a file of tokens.
    static let fileLimit = 1 << 20

    package init() {}

    static let fullVariable = "NUTHATCH_TOKEN"
    static let readOnlyVariable = "NUTHATCH_READ_TOKEN"

    /// All tokens in the form of a token file: those of the variables, then the file, which is read anew.
    package func lines() throws(ConfigurationError) -> [UInt8] {
        var lines: [UInt8] = []
        for token in full { lines += "full \(token)\n".utf8 }
        for token in readOnly { lines += "read \(token)\n".utf8 }
        guard let file else { return lines }
        do throws(SystemError) {
            return lines + (try Files.readAll(file, limit: Self.fileLimit))
        } catch {
            throw ConfigurationError("token-file", error.description)
        }
    }

    /// Takes the tokens of a variable, which stand between commas.
    static func parse(_ text: String, of variable: String) throws(ConfigurationError) -> [String] {
        var tokens: [String] = []
        for piece in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let token = Array(Array(piece).span.trimmingBlanks().copied())
            guard !token.isEmpty, token.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                // The value itself is a secret and is not shown.
                throw ConfigurationError(
                    variable, "an empty token, or one with blanks in it: allowed are tokens separated by commas")
            }
            tokens.append(String(decoding: token, as: UTF8.self))
        }
        return tokens
    }
}
