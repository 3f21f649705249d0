/// Why a session is no more.
public enum SessionEnd: UInt8, Sendable, CaseIterable {
    /// Its holder ended it.
    case destroyed = 1
    /// Someone else ended it: by its handle, or with all of its user's.
    case revoked = 2
    /// Its time was over.
    case expired = 3
    /// This id was replaced by another; the session itself goes on under that.
    case rotated = 4
    /// It made room for a newer one of its user.
    case capped = 5

    /// The word for it in answers and events.
    public var word: StaticString {
        switch self {
        case .destroyed: "destroyed"
        case .revoked: "revoked"
        case .expired: "expired"
        case .rotated: "rotated"
        case .capped: "capped"
        }
    }
}
