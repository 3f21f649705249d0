import Bytes

/// The value of `Content-Type` (RFC 9110 §8.3.1).
public struct MediaType: ~Escapable {
    public let type: Span<UInt8>
    public let subtype: Span<UInt8>
    /// From the first semicolon on; well-formed.
    private let rest: Span<UInt8>

    @_lifetime(copy type, copy subtype, copy rest)
    private init(type: Span<UInt8>, subtype: Span<UInt8>, rest: Span<UInt8>) {
        self.type = type
        self.subtype = subtype
        self.rest = rest
    }

    /// Nil when the field or one of its parameters is malformed.
    @_lifetime(copy field)
    public static func parse(_ field: Span<UInt8>) -> MediaType? {
        let text = field.trimmingBlanks()
        var cursor = FieldCursor(text)
        guard let type = cursor.token(), cursor.take(0x2F), let subtype = cursor.token() else {
            return nil
        }
        let rest = text.extracting(cursor.position..<text.count)
        do {
            while try cursor.parameter() != nil {}
        } catch {
            return nil
        }
        guard cursor.isAtEnd else { return nil }
        return MediaType(type: type, subtype: subtype, rest: rest)
    }

    /// True for this type, whatever its parameters. Both names must be lower case.
    public func `is`(_ type: StaticString, _ subtype: StaticString) -> Bool {
        self.type.equalsIgnoringCase(type) && self.subtype.equalsIgnoringCase(subtype)
    }

    /// The first parameter of a lower-case name: of a quoted value the inside, with its backslashes.
    @_lifetime(copy self)
    public func parameter(_ name: StaticString) -> Span<UInt8>? {
        var cursor = FieldCursor(rest)
        while let parameter = try? cursor.parameter() {
            if parameter.name.equalsIgnoringCase(name) { return parameter.value }
        }
        return nil
    }

    /// `application/json` or any type built on it, such as `application/problem+json`.
    public var isJSON: Bool { `is`("application", "json") || hasSuffix("+json") }

    /// True for types whose values gzip makes smaller: text in any form. Pictures, sound and archives are packed
    /// already.
    public var isCompressible: Bool {
        if type.equalsIgnoringCase("text") { return !subtype.equalsIgnoringCase("event-stream") }
        if hasSuffix("+json") || hasSuffix("+xml") || hasSuffix("+text") || hasSuffix("+yaml") {
            return true
        }
        guard type.equalsIgnoringCase("application") else {
            return `is`("image", "bmp") || `is`("font", "ttf") || `is`("font", "otf")
        }
        return isCompressibleApplication
    }

    private var isCompressibleApplication: Bool {
        subtype.equalsIgnoringCase("json") || subtype.equalsIgnoringCase("xml")
            || subtype.equalsIgnoringCase("javascript") || subtype.equalsIgnoringCase("x-javascript")
            || subtype.equalsIgnoringCase("ecmascript") || subtype.equalsIgnoringCase("x-ndjson")
            || subtype.equalsIgnoringCase("jsonl") || subtype.equalsIgnoringCase("json-seq")
            || subtype.equalsIgnoringCase("graphql") || subtype.equalsIgnoringCase("yaml")
            || subtype.equalsIgnoringCase("toml") || subtype.equalsIgnoringCase("sql")
            || subtype.equalsIgnoringCase("rtf") || subtype.equalsIgnoringCase("wasm")
            || subtype.equalsIgnoringCase("openmetrics-text")
            || subtype.equalsIgnoringCase("x-www-form-urlencoded")
    }

    private func hasSuffix(_ suffix: StaticString) -> Bool {
        let length = suffix.utf8CodeUnitCount
        guard subtype.count > length else { return false }
        return subtype.extracting((subtype.count - length)..<subtype.count)
            .equalsIgnoringCase(suffix)
    }
}
