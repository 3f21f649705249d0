import Bytes
import Crypto

extension AccessPolicy {
    /// Why a line of a token file cannot be taken. It never shows the line: the token may be right but for a blank.
    package struct ParseFailure: Error, Sendable, Equatable {
        package var line: Int
        package var reason: Reason

        package enum Reason: Error, Sendable, Equatable {
            case unknownRole, missingToken, badToken, badDigest, trailingText

            package var message: StaticString {
                switch self {
                case .unknownRole: "a line is: full TOKEN, write TOKEN or read TOKEN, or the same with sha256:HEX"
                case .missingToken: "the token is missing"
                case .badToken: "a token is letters, digits and - . _ ~ + / with = at its end"
                case .badDigest: "sha256: is followed by 64 hexadecimal digits"
                case .trailingText: "nothing may follow the token"
                }
            }
        }
    }

    /// Reads a token file: one `full TOKEN`, `write TOKEN` or `read TOKEN` a line, where the token may be given as
    /// `sha256:HEX`; blank lines and those that begin with `#` are passed over.
    package static func parse(_ text: Span<UInt8>) throws(ParseFailure) -> AccessPolicy {
        var policy = AccessPolicy()
        var number = 0
        var start = 0
        while start < text.count {
            number += 1
            let end = text.firstIndex(of: ASCII.lineFeed, from: start) ?? text.count
            do throws(ParseFailure.Reason) {
                try policy.addLine(text.extracting(start..<end))
            } catch {
                throw ParseFailure(line: number, reason: error)
            }
            start = end + 1
        }
        return policy
    }

    private mutating func addLine(_ raw: Span<UInt8>) throws(ParseFailure.Reason) {
        var line = raw
        if !line.isEmpty, line[line.count - 1] == ASCII.carriageReturn { line = line.extracting(0..<(line.count - 1)) }
        line = line.trimmingBlanks()
        if line.isEmpty || line[0] == UInt8(ascii: "#") { return }
        guard let role = Self.role(of: line) else { throw .unknownRole }
        let token = line.extracting(role.word.utf8CodeUnitCount..<line.count).trimmingBlanks()
        grant(role.permissions, toTokenWith: try Self.digest(named: token))
    }

    /// The word a line begins with, and what it allows.
    private struct Role {
        let word: StaticString
        let permissions: Permissions
    }

    private static let roles = [
        Role(word: "full", permissions: .everything), Role(word: "write", permissions: [.read, .write]),
        Role(word: "read", permissions: .read),
    ]

    private static func role(of line: Span<UInt8>) -> Role? {
        for role in roles {
            if begins(line, with: role.word) { return role }
        }
        return nil
    }

    /// True when `line` is `word`, or goes on behind it with a blank.
    private static func begins(_ line: Span<UInt8>, with word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard line.starts(with: word) else { return false }
        return line.count == length || line[length] == ASCII.space || line[length] == ASCII.tab
    }

    /// The digest of a token, or the one written out.
    private static func digest(named token: Span<UInt8>) throws(ParseFailure.Reason) -> Digest {
        if token.isEmpty { throw .missingToken }
        for index in token.indices where token[index] == ASCII.space || token[index] == ASCII.tab {
            throw .trailingText
        }
        if token.starts(with: "sha256:") { return try digest(inHexadecimal: token.extracting(7..<token.count)) }
        guard isToken68(token) else { throw .badToken }
        return SHA256.digest(token)
    }

    private static func digest(inHexadecimal text: Span<UInt8>) throws(ParseFailure.Reason) -> Digest {
        guard text.count == 64 else { throw .badDigest }
        var words: InlineArray<4, UInt64> = .init(repeating: 0)
        for index in 0..<32 {
            guard let high = ASCII.hexValue(text[index * 2]), let low = ASCII.hexValue(text[index * 2 + 1]) else {
                throw .badDigest
            }
            words[index / 8] |= UInt64(high << 4 | low) << UInt64(index % 8 * 8)
        }
        return Digest(words: words)
    }

    /// RFC 6750 §2.1: what can stand behind `Bearer`.
    private static func isToken68(_ token: Span<UInt8>) -> Bool {
        var end = token.count
        while end > 0, token[end - 1] == 0x3D { end -= 1 }
        for index in 0..<end {
            switch token[index] {
            case 0x2B, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E: continue
            case let byte: if !ASCII.isAlpha(byte) && !ASCII.isDigit(byte) { return false }
            }
        }
        return end > 0
    }
}
