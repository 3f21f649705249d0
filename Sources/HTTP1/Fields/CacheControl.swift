import Bytes

/// What a writer says about the life of a value: the directives of `Cache-Control` that are read on PUT
/// (RFC 9111 §5.2.2, RFC 5861).
///
/// Unknown directives, `s-maxage` among them, are passed over with their arguments, quoted or not. A directive given
/// twice must say the same. Several lines are read one after the other into one value.
public struct CacheControl: Sendable, Equatable {
    /// What longer times are taken as (RFC 9111 §1.2.2).
    public static let longestSeconds: Int64 = 1 << 31

    /// Seconds.
    public private(set) var maxAge: Int64?
    /// Seconds.
    public private(set) var staleWhileRevalidate: Int64?
    /// Seconds.
    public private(set) var staleIfError: Int64?
    public private(set) var noStore = false
    /// Also where it names single fields: the stricter reading.
    public private(set) var noCache = false

    public init() {}

    /// Adds one line.
    public mutating func read(_ line: Span<UInt8>) throws(FieldError) {
        var cursor = FieldCursor(line)
        cursor.skipEmptyElements()
        while !cursor.isAtEnd {
            guard let name = cursor.token() else { throw .malformed }
            if cursor.take(0x3D) {
                guard let argument = cursor.word() else { throw .malformed }
                try take(name, argument)
            } else {
                try take(name, nil)
            }
            cursor.skipBlanks()
            guard cursor.isAtEnd || cursor.current == 0x2C else { throw .malformed }
            cursor.skipEmptyElements()
        }
    }

    private mutating func take(
        _ name: Span<UInt8>, _ argument: Span<UInt8>?
    ) throws(FieldError) {
        if name.equalsIgnoringCase("max-age") {
            try Self.take(argument, into: &maxAge)
        } else if name.equalsIgnoringCase("stale-while-revalidate") {
            try Self.take(argument, into: &staleWhileRevalidate)
        } else if name.equalsIgnoringCase("stale-if-error") {
            try Self.take(argument, into: &staleIfError)
        } else if name.equalsIgnoringCase("no-store") {
            noStore = true
        } else if name.equalsIgnoringCase("no-cache") {
            noCache = true
        }
    }

    private static func take(
        _ argument: Span<UInt8>?, into directive: inout Int64?
    ) throws(FieldError) {
        guard let argument, let seconds = deltaSeconds(argument) else { throw .malformed }
        if let directive, directive != seconds { throw .contradictory }
        directive = seconds
    }

    /// Digits and nothing else; nil for anything other. Any length: past 2^31 seconds it does not matter.
    public static func deltaSeconds(_ text: Span<UInt8>) -> Int64? {
        if text.isEmpty { return nil }
        var seconds: Int64 = 0
        for index in text.indices {
            guard ASCII.isDigit(text[index]) else { return nil }
            seconds = min(seconds * 10 + Int64(text[index] - 0x30), longestSeconds)
        }
        return seconds
    }
}
