import Bytes
import JSON
import Testing

struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter, inout IOBuffer) -> Void) -> String {
        var json = JSONWriter()
        var out = IOBuffer()
        body(&json, &out)
        return String(decoding: out.readable.copied(), as: UTF8.self)
    }

    @Test func `commas stand between elements and nowhere else`() {
        let text = written { json, out in
            json.beginObject(into: &out)
            json.member("a", integer: 1, into: &out)
            json.name("b", into: &out)
            json.beginArray(into: &out)
            json.integer(-2, into: &out)
            json.integer(3, quoted: true, into: &out)
            json.unsigned(.max, into: &out)
            json.beginObject(into: &out)
            json.endObject(into: &out)
            json.beginArray(into: &out)
            json.endArray(into: &out)
            json.bool(true, into: &out)
            json.null(into: &out)
            json.string("x", into: &out)
            json.raw([0x31].span, into: &out)
            json.endArray(into: &out)
            json.member("c", bool: false, into: &out)
            json.memberNull("d", into: &out)
            json.member("e", string: "f", into: &out)
            json.member("g", raw: Array("[]".utf8).span, into: &out)
            json.member("h", unsigned: 7, into: &out)
            json.member("i", integer: 8 as Int64, quoted: true, into: &out)
            json.name(utf8: Array("\"n".utf8).span, into: &out)
            json.separate(into: &out)
            out.append("1.5")
            json.endObject(into: &out)
        }
        #expect(
            text == #"{"a":1,"b":[-2,"3",18446744073709551615,{},[],true,null,"x",1],"#
                + #""c":false,"d":null,"e":"f","g":[],"h":7,"i":"8","\"n":1.5}"#)
        #expect(!read(text).contains("@"))
    }

    @Test(arguments: [
        ("", #""""#),
        ("plain", #""plain""#),
        ("a\"b\\c/", #""a\"b\\c/""#),
        ("\u{8}\t\n\u{c}\r", #""\b\t\n\f\r""#),
        ("\0\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""),
        ("é€😀", "\"é€😀\""),
        ("\"", #""\"""#),
        ("ends\n", #""ends\n""#),
    ])
    func `a string is escaped where JSON demands it`(text: String, json: String) {
        let bytes = Array(text.utf8)
        let wrote = written { writer, out in writer.string(bytes.span, into: &out) }
        #expect(wrote == json)
        #expect(read(wrote) == "'\(text)'")
    }

    @Test func `every byte survives being written and read`() {
        for first in UInt8.min...0x7F {
            for second in UInt8.min...0x7F {
                let text = String(decoding: [first, second], as: UTF8.self)
                let wrote = written { json, out in json.string([first, second].span, into: &out) }
                guard read(wrote) == "'\(text)'" else {
                    Issue.record("\(first) \(second): \(wrote)")
                    return
                }
            }
        }
    }

    @Test(
        arguments: [
            (Array("text".utf8), false, #"{"value":"text"}"#),
            (Array("é\n".utf8), false, #"{"value":"é\n"}"#),
            ([], false, #"{"value":""}"#),
            ([0x00, 0xFF], false, #"{"value64":"AP8="}"#),
            ([0xC3], false, #"{"value64":"ww=="}"#),
            ([0xED, 0xA0, 0x80], false, #"{"value64":"7aCA"}"#),
            (Array("text".utf8), true, #"{"value64":"dGV4dA=="}"#),
        ] as [([UInt8], Bool, String)])
    func `bytes that are not text are written as base64`(
        bytes: [UInt8], isForced: Bool, json: String
    ) {
        let text = written { writer, out in
            writer.beginObject(into: &out)
            writer.member(
                "value", orBase64: "value64", bytes: bytes.span, forcingBase64: isForced, into: &out)
            writer.endObject(into: &out)
        }
        #expect(text == json)
    }

    @Test(arguments: [
        ("1", "1"), (" [ 1 ,\t2 ]\r\n", "[1,2]"), (#"{ "a b" : " \" , \\" , "c":[ ] }"#, #"{"a b":" \" , \\","c":[]}"#),
        (#""é  ""#, #""é  ""#), ("[true , null,-1.50e+2]", "[true,null,-1.50e+2]"),
    ])
    func `a text is copied without its blanks`(text: String, compact: String) {
        let bytes = Array(text.utf8)
        var out = IOBuffer()
        JSONWriter.append(compacting: bytes.span, into: &out)
        #expect(String(decoding: out.readable.copied(), as: UTF8.self) == compact)
    }

    @Test func `the writer nests as deep as the reader`() {
        let text = written { json, out in
            for _ in 0..<64 { json.beginArray(into: &out) }
            json.integer(1, into: &out)
            for _ in 0..<64 { json.endArray(into: &out) }
        }
        #expect(!read(text).contains("@"))
    }
}
