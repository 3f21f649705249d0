import Bytes
import JSON
import Testing

struct JSONReaderTests {
    @Test(arguments: [
        ("1", "1"),
        (" \t\r\n null \n", "null"),
        ("true", "true"),
        ("false", "false"),
        ("\"\"", "''"),
        ("[]", "[ ]"),
        ("{}", "{ }"),
        ("[1,2 , 3]", "[ 1 2 3 ]"),
        ("[[],{},[{}]]", "[ [ ] { } [ { } ] ]"),
        (#"{"a":1,"b":[true,null]}"#, "{ a: 1 b: [ true null ] }"),
        (#"{"a":{"a":{"a":0}}}"#, "{ a: { a: { a: 0 } } }"),
        (#"[{"a":1},{"a":1}]"#, "[ { a: 1 } { a: 1 } ]"),
        (#"{ "a" : "b" , "c" : -0.5e+10 }"#, "{ a: 'b' c: -0.5e+10 }"),
        (#"{"":0}"#, "{ : 0 }"),
    ])
    func `a well-formed text is read token by token`(text: String, tokens: String) {
        #expect(read(text) == tokens)
    }

    @Test(arguments: [
        ("", "unexpectedEnd@0"),
        ("  ", "unexpectedEnd@2"),
        ("nul", "unexpectedEnd@0"),
        ("nulL", "unexpectedByte@0"),
        ("True", "unexpectedByte@0"),
        ("NaN", "unexpectedByte@0"),
        ("'a'", "unexpectedByte@0"),
        ("[1,]", "unexpectedByte@3"),
        ("[,1]", "unexpectedByte@1"),
        ("[1 2]", "unexpectedByte@3"),
        ("[1}", "unexpectedByte@2"),
        ("]", "unexpectedByte@0"),
        ("[", "unexpectedEnd@1"),
        ("[1", "unexpectedEnd@2"),
        ("{", "unexpectedEnd@1"),
        (#"{"a"}"#, "unexpectedByte@4"),
        (#"{"a":}"#, "unexpectedByte@5"),
        (#"{"a":1,}"#, "unexpectedByte@7"),
        (#"{"a":1]"#, "unexpectedByte@6"),
        (#"{"a":1 "b":2}"#, "unexpectedByte@7"),
        ("{a:1}", "unexpectedByte@1"),
        ("{1:1}", "unexpectedByte@1"),
        ("1 1", "trailingBytes@2"),
        ("{}}", "trailingBytes@2"),
        ("null\0", "trailingBytes@4"),
        ("/*c*/1", "unexpectedByte@0"),
        ("\u{FEFF}1", "unexpectedByte@0"),
        ("[1\u{A0}]", "unexpectedByte@2"),
        ("\u{0B}1", "unexpectedByte@0"),
    ])
    func `a broken text is refused where it breaks`(text: String, failure: String) {
        #expect(read(text) == failure)
    }

    @Test(arguments: [
        #"{"op":"put","key":"a\u00e9\ud83d\ude00","value":"é","ttl":"60s","n":[1,-2.5e3,{"x":[]}]}"#,
        #"[[[{"a":"b"}],null,true,false]]"#,
        #""\"\\\/\b\f\n\r\tA""#,
    ])
    func `every prefix of a text is refused`(text: String) {
        #expect(survivesEveryPrefix(Array(text.utf8)))
        #expect(!read(text).contains("@"))
    }

    @Test func `arrays and objects nest 64 deep and no deeper`() {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let inside = open == "[" ? "" : "1"
            let deepest =
                String(repeating: open, count: 64) + inside + String(repeating: close, count: 64)
            #expect(!read(deepest).contains("@"))
            let offset = open.utf8.count * 64
            #expect(read(String(repeating: open, count: 65)) == "tooDeep@\(offset)")
            #expect(read(String(repeating: open, count: 100_000)) == "tooDeep@\(offset)")
        }
    }

    @Test func `the kind of a container is remembered at every depth`() {
        #expect(
            read(String(repeating: #"[{"a":"#, count: 32) + "1" + String(repeating: "}]", count: 32))
                .hasPrefix("[ { a: [ {"))
        #expect(read(String(repeating: #"[{"a":"#, count: 32) + "1]").hasPrefix("unexpectedByte"))
    }

    @Test func `an error is repeated by every later call`() {
        let bytes = Array(#"{"a":?}"#.utf8)
        var reader = JSONReader(bytes.span)
        let first = #expect(throws: JSONError.self) { try drain(&reader) }
        #expect(first == JSONError(.unexpectedByte, at: 5))
        #expect(outcome { () throws(JSONError) in _ = try reader.next() } == first)
        #expect(outcome { () throws(JSONError) in _ = try reader.nextMember() } == first)
        #expect(outcome { () throws(JSONError) in _ = try reader.skipValue() } == first)
        #expect(outcome { () throws(JSONError) in try reader.finish() } == first)
    }

    private func drain(_ reader: inout JSONReader) throws(JSONError) {
        while try reader.next() != .end {}
    }

    private func outcome(_ step: () throws(JSONError) -> Void) -> JSONError? {
        do {
            try step()
            return nil
        } catch { return error }
    }
}

struct JSONNumberTests {
    @Test(arguments: [
        "0", "-0", "10", "-1", "0.0", "0.10", "1e0", "1E9", "1e+0", "1e-09", "123.456e78",
        String(repeating: "9", count: 64),
        "-" + String(repeating: "1", count: 32) + "." + String(repeating: "1", count: 30) + "e+11",
    ])
    func `a number is kept as it was written`(text: String) {
        #expect(read(text) == text)
        #expect(read("[\(text)]") == "[ \(text) ]")
    }

    @Test(arguments: [
        ("-", "unexpectedEnd@1"),
        ("+1", "unexpectedByte@0"),
        ("01", "badNumber@1"),
        ("-01", "badNumber@2"),
        ("00", "badNumber@1"),
        ("1.", "unexpectedEnd@2"),
        (".5", "unexpectedByte@0"),
        ("[1.]", "badNumber@3"),
        ("1e", "unexpectedEnd@2"),
        ("1e+", "unexpectedEnd@3"),
        ("[1e]", "badNumber@3"),
        ("0x10", "trailingBytes@1"),
        ("1_0", "trailingBytes@1"),
        ("-Infinity", "badNumber@1"),
        ("1e5.5", "trailingBytes@3"),
        (String(repeating: "9", count: 65), "numberTooLong@64"),
        ("0." + String(repeating: "0", count: 64), "numberTooLong@65"),
        ("1e" + String(repeating: "0", count: 1000), "numberTooLong@65"),
    ])
    func `a malformed number is refused`(text: String, failure: String) {
        #expect(read(text) == failure)
    }
}

struct JSONStringTests {
    @Test(arguments: [
        (#""a\"b""#, "a\"b"),
        (#""\\\/\b\f\n\r\t""#, "\\/\u{8}\u{c}\n\r\t"),
        (#""\u0000""#, "\0"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00""#, "😀"),
        (#""\uD834\uDD1Ex""#, "𝄞x"),
        (#""\udbff\udfff""#, "\u{10FFFF}"),
        (#""\ue000\uffff""#, "\u{E000}\u{FFFF}"),
        ("\"é€😀\u{7F}\"", "é€😀\u{7F}"),
        ("\"\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\"", "\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}"),
    ])
    func `a string means its unescaped bytes`(text: String, meaning: String) {
        #expect(read(text) == "'\(meaning)'")
    }

    @Test(arguments: [
        (#"""#, "unexpectedEnd@1"),
        (#""a"#, "unexpectedEnd@2"),
        (#""\"#, "unexpectedEnd@2"),
        (#""\"#, "unexpectedEnd@2"),
        (#""\x41""#, "badEscape@1"),
        (#""\U0041""#, "badEscape@1"),
        (#""\u004g""#, "badEscape@1"),
        (#""\u+041""#, "badEscape@1"),
        (#""\u004"#, "unexpectedEnd@6"),
        (#""\ud800""#, "loneSurrogate@1"),
        (#""\udc00""#, "loneSurrogate@1"),
        (#""\ud800x""#, "loneSurrogate@1"),
        (#""\ud800\n""#, "loneSurrogate@1"),
        (#""\ud800\ud800""#, "loneSurrogate@1"),
        (#""\ud800\u0041""#, "loneSurrogate@1"),
        (#""\ude00\ud83d""#, "loneSurrogate@1"),
        ("\"\n\"", "controlCharacter@1"),
        ("\"\0\"", "controlCharacter@1"),
        ("\"a\u{1F}\"", "controlCharacter@2"),
    ])
    func `a broken string is refused`(text: String, failure: String) {
        #expect(read(text) == failure)
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xE2, 0x82, 0x41],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xFE], [0xFF],
        ] as [[UInt8]])
    func `a string that is not UTF-8 is refused`(bytes: [UInt8]) {
        #expect(read([0x22] + bytes + [0x22]) == "invalidUTF8@1")
        #expect(read([0x22, 0x61] + bytes).hasPrefix("invalidUTF8@2"))
    }

    @Test(arguments: [
        (#""op""#, true), (#""o\u0070""#, true), (#""\u006f\u0070""#, true), (#""""#, false),
        (#""o""#, false), (#""opp""#, false), (#""OP""#, false), (#""o\u0070p""#, false),
        (#""o\u0071""#, false), (#""\u006f""#, false), (#""o\u0000""#, false),
    ])
    func `a name is compared by what it means`(text: String, isOp: Bool) {
        let bytes = Array(text.utf8)
        var reader = JSONReader(bytes.span)
        guard let token = try? reader.next(), case .string(let name) = token else {
            Issue.record("no string")
            return
        }
        let matches = reader.matches(name, "op")
        #expect(matches == isOp)
    }
}
