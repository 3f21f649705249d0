import Bytes

/// The value of `Authorization` (RFC 9110 §11.6.2).
public enum Authorization {
    /// The token of the `Bearer` scheme (RFC 6750 §2.1): one `token68` and nothing else; nil for anything other.
    @_lifetime(copy field)
    public static func bearerToken(_ field: Span<UInt8>) -> Span<UInt8>? {
        let text = field.trimmingBlanks()
        var cursor = FieldCursor(text)
        guard let scheme = cursor.token(), scheme.equalsIgnoringCase("bearer") else { return nil }
        guard cursor.current == ASCII.space else { return nil }
        cursor.skipSpaces()
        let start = cursor.position
        let body = cursor.take(while: isToken68Byte)
        if body.isEmpty { return nil }
        while cursor.take(0x3D) {}
        return cursor.isAtEnd ? text.extracting(start..<text.count) : nil
    }

    private static func isToken68Byte(_ byte: UInt8) -> Bool {
        if ASCII.isAlpha(byte) || ASCII.isDigit(byte) { return true }
        switch byte {
        case 0x2B, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E: return true
        default: return false
        }
    }
}
