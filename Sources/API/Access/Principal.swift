import Bytes

/// The caller of one request, as the access policy knows it.
struct Principal: Sendable {
    var permissions: Permissions
    /// Whether a token was shown (or none is configured): details are for such callers only.
    var isKnown: Bool

    /// Nobody in particular: no token was shown where tokens are configured.
    static let stranger = Principal(permissions: [], isKnown: false)
    /// The caller of a server without tokens, which listens on loopback only.
    static let local = Principal(permissions: .everything, isKnown: true)

    /// Whether the caller may touch this key. Scopes by prefix will be judged here, on the very bytes the engine then
    /// uses; today a permission covers all keys.
    func mayUse(_ key: Span<UInt8>, _ needed: Permissions) -> Bool { permissions.isSuperset(of: needed) }
}
