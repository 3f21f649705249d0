import Bytes
import CacheModel
import JSON

/// One key of a bulk read: a string, or an object with `key` or `key64`.
enum KeyItem {
    /// Appends the key's bytes to `name`.
    static func read(_ text: Span<UInt8>, into name: inout IOBuffer) throws(Problem) {
        var refusal: Problem?
        do throws(JSONError) {
            var reader = JSONReader(text)
            if try reader.kind() == .string {
                reader.append(try reader.string(), into: &name)
            } else {
                refusal = try readObject(&reader, into: &name)
            }
            try reader.finish()
        } catch {
            throw .badRequest(error.reason.message)
        }
        if let refusal { throw refusal }
        try check(name)
    }

    static func check(_ name: borrowing IOBuffer) throws(Problem) {
        guard name.count >= 1 && name.count <= Limits.keyBytes else {
            throw Problem(.badName, "a name is 1 to 4096 bytes")
        }
    }

    private static func readObject(
        _ reader: inout JSONReader, into name: inout IOBuffer
    ) throws(JSONError) -> Problem? {
        var refusal: Problem?
        var count = 0
        try reader.beginObject()
        while let member = try reader.nextMember() {
            let isPlain = reader.matches(member, "key")
            if isPlain || reader.matches(member, "key64") {
                let text = try reader.string()
                count += 1
                if count > 1 { continue }
                if isPlain {
                    reader.append(text, into: &name)
                } else if !Base64Member.decode(text, of: reader, into: &name) {
                    refusal = refusal ?? .badRequest("key64 is not base64")
                }
            } else {
                try reader.skipValue()
                refusal = refusal ?? .badRequest("a line has one member: key, or key64 in base64")
            }
        }
        if count != 1 { refusal = refusal ?? .badRequest("a line has one member: key, or key64 in base64") }
        return refusal
    }
}

/// Bytes in JSON as base64 (RFC 4648 §4, padding optional).
enum Base64Member {
    /// Appends what `text` stands for; false when it is no base64.
    static func decode(_ text: JSONText, of reader: borrowing JSONReader, into buffer: inout IOBuffer) -> Bool {
        guard text.hasEscapes else { return Base64.decode(reader.rawBytes(of: text), .standard, into: &buffer) }
        var plain = IOBuffer()
        reader.append(text, into: &plain)
        return Base64.decode(plain.readable, .standard, into: &buffer)
    }
}
