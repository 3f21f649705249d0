import Bytes

/// Writes a JSON text into a buffer and keeps the commas right.
///
/// ```swift
/// var json = JSONWriter()
/// json.beginObject(into: &out)
/// json.member("length", integer: 12, into: &out)
/// json.member("key", orBase64: "key64", bytes: key, into: &out)
/// json.name("items", into: &out)
/// json.beginArray(into: &out)
/// json.endArray(into: &out)
/// json.endObject(into: &out)
/// ```
/// The buffer is an argument of each call, so that it can be a connection's own and hold other bytes before. One bit a
/// level says whether a comma is due. A member's name is a literal of the program and is written as it stands: it must
/// need no escape.
package struct JSONWriter: Sendable {
    private var depth = 0
    /// Bit *n* - 1: something has been written at depth *n*, so a comma comes before the next thing. At the top, depth
    /// 0, no comma ever comes.
    private var isStarted: UInt64 = 0

    package init() {}

    // MARK: Containers

    package mutating func beginObject(into out: inout IOBuffer) { begin(0x7B, into: &out) }
    package mutating func endObject(into out: inout IOBuffer) { end(0x7D, into: &out) }
    package mutating func beginArray(into out: inout IOBuffer) { begin(0x5B, into: &out) }
    package mutating func endArray(into out: inout IOBuffer) { end(0x5D, into: &out) }

    private mutating func begin(_ bracket: UInt8, into out: inout IOBuffer) {
        precondition(depth < JSONLimits.depth, "JSON nested deeper than the writer goes")
        separate(into: &out)
        out.append(bracket)
        depth += 1
        isStarted &= ~level
    }

    private mutating func end(_ bracket: UInt8, into out: inout IOBuffer) {
        precondition(depth > 0, "more containers ended than begun")
        out.append(bracket)
        depth -= 1
    }

    /// Writes the comma that is due before the next element, which the caller then writes by hand.
    package mutating func separate(into out: inout IOBuffer) {
        if isStarted & level != 0 { out.append(0x2C) }
        isStarted |= level
    }

    /// The bit of the innermost container, none at the top.
    private var level: UInt64 { depth == 0 ? 0 : 1 &<< UInt64(depth - 1) }

    // MARK: Elements and values

    /// The name of a member; its value is the next thing written.
    package mutating func name(_ name: StaticString, into out: inout IOBuffer) {
        separate(into: &out)
        out.append(quoting: name, isName: true)
        isStarted &= ~level
    }

    /// The name of a member given as bytes, which must be valid UTF-8.
    package mutating func name(utf8 name: Span<UInt8>, into out: inout IOBuffer) {
        separate(into: &out)
        Self.append(string: name, into: &out)
        out.append(0x3A)
        isStarted &= ~level
    }

    /// A string of bytes that must be valid UTF-8.
    package mutating func string(_ bytes: Span<UInt8>, into out: inout IOBuffer) {
        separate(into: &out)
        Self.append(string: bytes, into: &out)
    }

    /// A literal of the program, which must need no escape.
    package mutating func string(_ text: StaticString, into out: inout IOBuffer) {
        separate(into: &out)
        out.append(quoting: text, isName: false)
    }

    /// - Parameter quoted: as a string of digits, for readers whose numbers are doubles.
    package mutating func integer(_ value: Int64, quoted: Bool = false, into out: inout IOBuffer) {
        separate(into: &out)
        if quoted { out.append(0x22) }
        out.append(decimal: value)
        if quoted { out.append(0x22) }
    }

    package mutating func unsigned(_ value: UInt64, into out: inout IOBuffer) {
        separate(into: &out)
        out.append(decimal: value)
    }

    package mutating func bool(_ value: Bool, into out: inout IOBuffer) {
        separate(into: &out)
        out.append(value ? "true" : "false")
    }

    package mutating func null(into out: inout IOBuffer) {
        separate(into: &out)
        out.append("null")
    }

    /// A value that already is JSON.
    package mutating func raw(_ json: Span<UInt8>, into out: inout IOBuffer) {
        separate(into: &out)
        out.append(json)
    }

    // MARK: Text

    /// Appends `bytes`, which must be valid UTF-8, as a JSON string. Runs without anything to escape are copied whole.
    package static func append(string bytes: Span<UInt8>, into out: inout IOBuffer) {
        out.append(0x22)
        append(escaping: bytes, into: &out)
        out.append(0x22)
    }

    /// Appends the inside of a JSON string, for text put together from pieces.
    package static func append(escaping bytes: Span<UInt8>, into out: inout IOBuffer) {
        var clean = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte >= 0x20 && byte != 0x22 && byte != 0x5C { continue }
            out.append(bytes.extracting(clean..<index))
            append(escaped: byte, into: &out)
            clean = index + 1
        }
        out.append(bytes.extracting(clean..<bytes.count))
    }

    private static func append(escaped byte: UInt8, into out: inout IOBuffer) {
        out.append(0x5C)
        switch byte {
        case 0x08: out.append(0x62)
        case 0x09: out.append(0x74)
        case 0x0A: out.append(0x6E)
        case 0x0C: out.append(0x66)
        case 0x0D: out.append(0x72)
        case 0x22, 0x5C: out.append(byte)
        default:
            out.append("u00")
            out.append(ASCII.hexDigit(byte >> 4))
            out.append(ASCII.hexDigit(byte))
        }
    }
}
