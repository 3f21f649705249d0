import Bytes
import JSON
import Testing

struct JSONReaderValuesTests {
    /// A batch line as the API reads it.
    private struct Line: Equatable {
        var op = ""
        var key = ""
        var count: Int64 = 0
        var tags: [Int64] = []
        var isFlagged = false
        var rest = ""
    }

    private func line(_ text: String) throws(JSONError) -> Line {
        let bytes = Array(text.utf8)
        var reader = JSONReader(bytes.span)
        var line = Line()
        try reader.beginObject()
        while let name = try reader.nextMember() {
            if reader.matches(name, "op") {
                line.op = string(try reader.string(), in: reader)
            } else if reader.matches(name, "key") {
                line.key = string(try reader.string(), in: reader)
            } else if reader.matches(name, "count") {
                line.count = try reader.integer()
            } else if reader.matches(name, "flag") {
                line.isFlagged = try reader.bool()
            } else if reader.matches(name, "tags") {
                try reader.beginArray()
                while try reader.nextElement() { line.tags.append(try reader.integer()) }
            } else {
                let slice = try reader.skipValue()
                line.rest = String(decoding: reader.bytes(of: slice).copied(), as: UTF8.self)
            }
        }
        try reader.finish()
        return line
    }

    @Test func `an object is read member by member`() throws {
        let read = try line(
            #" {"op":"put", "k\u0065y":"a\nb","count":-7,"flag":true,"tags":[1 , 2],"x":[{"y":[ ]}, 2] } "#)
        #expect(
            read
                == Line(
                    op: "put", key: "a\nb", count: -7, tags: [1, 2], isFlagged: true,
                    rest: #"[{"y":[ ]}, 2]"#))
        #expect(try line("{}") == Line())
        #expect(try line(#"{"tags":[]}"#) == Line())
    }

    @Test(arguments: [
        ("[]", "expectedObject@0"),
        (#"{"op":1}"#, "expectedString@6"),
        (#"{"op":{"a":1}}"#, "expectedString@6"),
        (#"{"count":"1"}"#, "expectedInteger@9"),
        (#"{"count":1.0}"#, "expectedInteger@9"),
        (#"{"count":1e3}"#, "expectedInteger@9"),
        (#"{"flag":null}"#, "expectedBool@8"),
        (#"{"tags":{}}"#, "expectedArray@8"),
        (#"{"tags":[1,]}"#, "unexpectedByte@11"),
        (#"{"tags":[1 2]}"#, "unexpectedByte@11"),
        (#"{"tags":[,]}"#, "unexpectedByte@9"),
        (#"{"tags":["#, "unexpectedEnd@9"),
        (#"{"tags":[1,"#, "unexpectedEnd@11"),
        (#"{"x":[1,2}"#, "unexpectedByte@9"),
        (#"{"x":[1,2]"#, "unexpectedEnd@10"),
        (#"{} x"#, "trailingBytes@3"),
    ])
    func `a value of another kind is refused at its place`(text: String, failure: String) {
        var told = "ok"
        do { _ = try line(text) } catch { told = "\(error.reason)@\(error.offset)" }
        #expect(told == failure)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min),
    ])
    func `an integer is exact to 64 bits`(text: String, value: Int64) throws {
        let bytes = Array(text.utf8)
        var reader = JSONReader(bytes.span)
        let read = try reader.integer()
        #expect(read == value)
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "18446744073709551616",
        String(repeating: "9", count: 64), "-" + String(repeating: "9", count: 64),
    ])
    func `an integer outside 64 bits is refused`(text: String) {
        let told = failure(of: text) { reader throws(JSONError) in _ = try reader.integer() }
        #expect(told == "integerOutOfRange@0")
    }

    @Test(arguments: [
        (" {", JSONKind.object), ("[", .array), ("\"", .string), ("-", .number), ("7", .number),
        ("t", .bool), ("f", .bool), ("n", .null),
    ])
    func `the kind of a value is known before it is read`(text: String, kind: JSONKind) throws {
        let bytes = Array(text.utf8)
        var reader = JSONReader(bytes.span)
        let seen = try reader.kind()
        #expect(seen == kind)
    }

    @Test func `a value that is skipped is checked all the same`() {
        for text in [#"[1,{"a":1,"a":2}]"#, #"["\ud800"]"#, "[1,]", "[[[", "[01]"] {
            let told = failure(of: text) { reader throws(JSONError) in try reader.skipValue() }
            #expect(told.contains("@"), "\(text)")
        }
    }
}
