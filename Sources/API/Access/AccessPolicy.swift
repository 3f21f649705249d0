import Bytes
import Crypto

/// Who may do what: tokens, kept only as their SHA-256 digests.
///
/// A token is looked up by its digest: how long a lookup takes depends on bits an attacker cannot choose, so it tells
/// nothing about the tokens that exist. With no token configured everybody may do everything, and the server then
/// listens on loopback only.
package struct AccessPolicy: Sendable {
    private var grants: [Digest: Permissions] = [:]

    package init() {}

    /// True when no token is configured.
    package var isOpen: Bool { grants.isEmpty }

    package var tokenCount: Int { grants.count }

    /// Grants `permissions` to the token with this digest; a token named twice has what both lines say.
    package mutating func grant(_ permissions: Permissions, toTokenWith digest: Digest) {
        grants[digest, default: []].formUnion(permissions)
    }

    /// Grants `permissions` to a token.
    package mutating func grant(_ permissions: Permissions, to token: Span<UInt8>) {
        grant(permissions, toTokenWith: SHA256.digest(token))
    }

    /// What the bearer of `token` may do; nil for a token nobody has.
    func permissions(of token: Span<UInt8>) -> Permissions? { permissions(ofTokenWith: SHA256.digest(token)) }

    func permissions(ofTokenWith digest: Digest) -> Permissions? { grants[digest] }
}
