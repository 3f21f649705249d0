import Bytes

/// The wishes of `Prefer` (RFC 7240) that Nuthatch knows; all others are passed over.
///
/// A wish never makes a request fail: one that is malformed, or repeated, is as if it had not been sent (§2: the first
/// one counts). Several lines are read one after the other into one value.
public struct Preference: Sendable, Equatable {
    public enum Return: Sendable, Equatable { case minimal, representation, previous }

    public private(set) var returning: Return?
    /// Seconds.
    public private(set) var wait: Int64?

    public init() {}

    /// Adds one line.
    public mutating func read(_ line: Span<UInt8>) {
        var cursor = FieldCursor(line)
        cursor.skipEmptyElements()
        while !cursor.isAtEnd {
            element(&cursor)
            cursor.skipElement()
            cursor.skipEmptyElements()
        }
    }

    private mutating func element(_ cursor: inout FieldCursor) {
        guard let name = cursor.token() else { return }
        cursor.skipBlanks()
        guard cursor.take(0x3D) else { return }
        cursor.skipBlanks()
        guard let value = cursor.word() else { return }
        cursor.skipBlanks()
        guard cursor.isAtEnd || cursor.current == 0x2C || cursor.current == 0x3B else { return }
        if name.equalsIgnoringCase("return") {
            returning = returning ?? Self.returnValue(value)
        } else if name.equalsIgnoringCase("wait") {
            wait = wait ?? CacheControl.deltaSeconds(value)
        }
    }

    private static func returnValue(_ text: Span<UInt8>) -> Return? {
        if text.equalsIgnoringCase("minimal") { return .minimal }
        if text.equalsIgnoringCase("representation") { return .representation }
        if text.equalsIgnoringCase("previous") { return .previous }
        return nil
    }
}
