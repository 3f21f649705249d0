import Bytes
import HTTP1
import Testing

/// A field read as an item, list or dictionary, written down with one letter a type; or the error.
struct StructuredFieldTests {
    private func describe(_ item: borrowing StructuredItem) -> String {
        switch item {
        case .integer(let value): return "i\(value)"
        case .decimal(let thousandths): return "d\(thousandths)"
        case .string(let content, let hasEscapes): return (hasEscapes ? "S" : "s") + "'\(text(content))'"
        case .token(let name): return "t\(text(name))"
        case .bytes(let base64): return "b\(text(base64))"
        case .boolean(let value): return value ? "?1" : "?0"
        case .date(let seconds): return "@\(seconds)"
        case .displayString(let content): return "u'\(text(content))'"
        }
    }

    private func parameters(_ field: inout StructuredField) throws(FieldError) -> String {
        var words = ""
        while let parameter = try field.nextParameter() {
            words += ";\(text(parameter.name))=\(describe(parameter.value))"
        }
        return words
    }

    private func value(
        _ value: borrowing StructuredValue, _ field: inout StructuredField
    ) throws(FieldError) -> String {
        switch value {
        case .item(let item): return describe(item) + (try parameters(&field))
        case .innerList:
            var words: [String] = []
            while let item = try field.nextInner() {
                let word = describe(item)
                words.append(word + (try parameters(&field)))
            }
            return "(" + words.joined(separator: " ") + ")" + (try parameters(&field))
        }
    }

    private func item(_ input: [UInt8]) -> String {
        var field = StructuredField(input.span)
        do {
            let word = describe(try field.item())
            let rest = try parameters(&field)
            try field.finish()
            return word + rest
        } catch {
            return "\(error)"
        }
    }

    private func list(_ input: [UInt8]) -> String {
        var field = StructuredField(input.span)
        var words: [String] = []
        do {
            while let member = try field.nextListMember() { words.append(try value(member, &field)) }
        } catch {
            return "\(error)"
        }
        return words.joined(separator: ", ")
    }

    private func dictionary(_ input: [UInt8]) -> String {
        var field = StructuredField(input.span)
        var words: [String] = []
        do {
            while let name = try field.nextMemberName() {
                let word = text(name)
                let member = try field.memberValue()
                words.append(word + "=" + (try value(member, &field)))
            }
        } catch {
            return "\(error)"
        }
        return words.joined(separator: ", ")
    }

    /// How many members a caller sees who reads nothing of them.
    private func skimmed(_ input: [UInt8]) -> Int? {
        var field = StructuredField(input.span)
        var count = 0
        do {
            while try field.nextListMember() != nil { count += 1 }
            return count
        } catch {
            return nil
        }
    }

    @Test(arguments: [
        ("42", "i42"), ("-0", "i0"), ("  42  ", "i42"), ("007", "i7"),
        ("999999999999999", "i999999999999999"), ("-999999999999999", "i-999999999999999"),
        ("1.5", "d1500"), ("-0.001", "d-1"), ("123456789012.125", "d123456789012125"),
        (#""""#, "s''"), (#""a b""#, "s'a b'"), (#""a\"\\b""#, #"S'a\"\\b'"#),
        ("tok", "ttok"), ("*a/b:c", "t*a/b:c"), ("Tok!#$%&'*+-.^_`|~", "tTok!#$%&'*+-.^_`|~"),
        (":AP8=:", "bAP8="), ("::", "b"), ("?1", "?1"), ("?0", "?0"), ("@1659578233", "@1659578233"),
        ("@-1", "@-1"), (#"%"f%c3%bc""#, "u'f%c3%bc'"),
        (#""deploy";token=8123"#, "s'deploy';token=i8123"),
        ("a; b ;c", "malformed"), ("a; b;c=?0; *x=y", "ta;b=?1;c=?0;*x=ty"),
        ("?1;body-dropped", "?1;body-dropped=?1"),
    ])
    func `an item is read with its parameters`(field: String, result: String) {
        #expect(item(bytes(field)) == result)
    }

    @Test(arguments: [
        "", " ", "\t1", "1\t", "1000000000000000", "-", "--1", "+1", "1.", ".5", "1.2345",
        "1234567890123.1", "1,2", "1 2", #"""#, #""a"#, #""a\""#, #""\a""#, "\"\u{E9}\"", "\"\t\"",
        "\"\u{7F}\"", ":a", ":a b:", ":-_:", "?", "?2", "?true", "?1x", "@", "@1.5", "@a", "%a", #"%"%C3""#,
        #"%"%c""#, #"%"%""#, #"%"a"#, "(a)", "a;", "a;B", "a;=1", "a;b=", "a;b= 1", "a =b", "é", "!a", "{",
    ])
    func `a broken item is refused`(field: String) {
        #expect(item(bytes(field)) == "malformed")
    }

    @Test(arguments: [
        ("", ""), ("  ", ""), ("1", "i1"), (#""site", "img""#, "s'site', s'img'"),
        ("a,b , c\t,\td", "ta, tb, tc, td"), ("(a b);x, ()", "(ta tb);x=?1, ()"),
        ("( a;q=1   b )", "(ta;q=i1 tb)"), ("a;b=1;c, d", "ta;b=i1;c=?1, td"),
        ("a,", "malformed"), (",a", "malformed"), ("a,,b", "malformed"), ("a b", "malformed"),
        ("(a", "malformed"), ("(a,b)", "malformed"), ("(a\"b\")", "malformed"), ("((a))", "malformed"),
        ("(a\tb)", "malformed"), ("(", "malformed"), (")", "malformed"), ("(a);", "malformed"),
    ])
    func `a list is read with its inner lists`(field: String, result: String) {
        #expect(list(bytes(field)) == result)
        // A caller who skips what it was offered sees the same members and the same mistakes.
        #expect((skimmed(bytes(field)) == nil) == (result == "malformed"))
    }

    @Test(arguments: [
        ("", ""), ("a=1", "a=i1"), ("a=1, b=\"x\";y=2,c", "a=i1, b=s'x';y=i2, c=?1"),
        ("sha-256=:AP8=:", "sha-256=bAP8="), ("a=(1 2);x, b;q=3", "a=(i1 i2);x=?1, b=?1;q=i3"),
        ("a=1,a=2", "a=i1, a=i2"), ("*a=1", "*a=i1"), ("a_b-c.d*=1", "a_b-c.d*=i1"),
        ("A=1", "malformed"), ("a =1", "malformed"), ("a= 1", "malformed"), ("a=", "malformed"),
        ("1=a", "malformed"), ("a=1,", "malformed"), ("a=1 b=2", "malformed"), ("=1", "malformed"),
    ])
    func `a dictionary is read name by name`(field: String, result: String) {
        #expect(dictionary(bytes(field)) == result)
    }

    @Test func `a written string reads as the same bytes`() {
        let plain = Array(UInt8(0x20)..<0x7F)
        let quoted = bytes(written { StructuredField.append(string: plain.span, into: &$0) })
        var field = StructuredField(quoted.span)
        guard case .string(let content, let hasEscapes)? = try? field.item() else {
            Issue.record("no string")
            return
        }
        let unescaped = written { StructuredField.append(unescaping: content, into: &$0) }
        #expect(hasEscapes)
        #expect(bytes(unescaped) == plain)
    }

    @Test func `no variation of a field traps`() {
        vary(#"a=(1 "b\"";x=:AP8=:);y, c=@12, d=%"f%c3%bc", e=-1.25, f=?0"#) {
            _ = item($0)
            _ = list($0)
            _ = dictionary($0)
            _ = skimmed($0)
        }
    }
}
