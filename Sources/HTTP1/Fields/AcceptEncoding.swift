import Bytes

/// Which content codings a client takes (RFC 9110 §12.5.3).
///
/// Three are told apart: gzip (`x-gzip` is the same), identity, and one other, the coding that a stored value happens
/// to have. An element with a malformed weight is as if it had not been sent. Several lines are read one after the
/// other into one value, always with the same `other`.
public struct AcceptEncoding: Sendable {
    /// False when no line was read. Then every coding is acceptable, but who codes a value unasked should not.
    public private(set) var wasSent = false
    /// Weights in thousandths; nil where the client did not say.
    private var gzip: Int16?
    private var identity: Int16?
    private var other: Int16?
    private var wildcard: Int16?

    public init() {}

    /// Adds one line.
    ///
    /// - Parameter coding: the coding of the stored value, as ``acceptsOther`` then judges it.
    public mutating func read(_ line: Span<UInt8>, other coding: Span<UInt8> = Span()) {
        wasSent = true
        var cursor = FieldCursor(line)
        cursor.skipEmptyElements()
        while !cursor.isAtEnd {
            element(&cursor, coding)
            cursor.skipElement()
            cursor.skipEmptyElements()
        }
    }

    private mutating func element(_ cursor: inout FieldCursor, _ coding: Span<UInt8>) {
        guard let name = cursor.token(), let weight = Self.weight(&cursor) else { return }
        if name.equalsIgnoringCase("gzip") || name.equalsIgnoringCase("x-gzip") {
            gzip = weight
        } else if name.equalsIgnoringCase("identity") {
            identity = weight
        } else if name.equals("*") {
            wildcard = weight
        } else if name.equalsIgnoringCase(coding) {
            other = weight
        }
    }

    private static func weight(_ cursor: inout FieldCursor) -> Int16? {
        var weight = Weight.full
        do {
            while let parameter = try cursor.parameter() {
                guard parameter.name.equalsIgnoringCase("q"),
                    let value = Weight.parse(parameter.value)
                else { return nil }
                weight = value
            }
        } catch {
            return nil
        }
        return cursor.isAtEnd || cursor.current == 0x2C ? weight : nil
    }

    public var acceptsGzip: Bool { !wasSent || gzipWeight > 0 }

    public var acceptsOther: Bool { !wasSent || (other ?? wildcard ?? 0) > 0 }

    /// Identity is acceptable unless the client rules it out, by name or by `*;q=0`.
    public var acceptsIdentity: Bool { identityWeight > 0 }

    /// True when the client asked for gzip and likes it no less than identity.
    public var prefersGzip: Bool {
        wasSent && gzipWeight > 0 && gzipWeight >= (identity ?? 0)
    }

    private var gzipWeight: Int16 { gzip ?? wildcard ?? 0 }
    private var identityWeight: Int16 { identity ?? (wildcard == 0 ? 0 : Weight.full) }
}

extension Span where Element == UInt8 {
    /// True when both hold the same bytes, letters A–Z and a–z taken as equal.
    func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count
        where ASCII.lowercased(self[index]) != ASCII.lowercased(other[index]) {
            return false
        }
        return true
    }
}
