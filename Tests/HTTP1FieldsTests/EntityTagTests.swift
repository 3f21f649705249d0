import Bytes
import HTTP1
import Testing

struct EntityTagTests {
    /// The tags of a line: `W/` before a weak one's bytes, or what went wrong.
    private func tags(_ line: [UInt8], counted: Int = 0) -> String {
        var list = EntityTagList(line.span, counted: counted)
        if list.isAny { return "any" }
        var words: [String] = []
        do {
            while let tag = try list.next() {
                words.append((tag.isWeak ? "W/" : "") + "<\(text(tag.opaque))>")
            }
        } catch {
            return "\(error)"
        }
        return words.joined(separator: " ")
    }

    @Test(arguments: [
        (#""a""#, "<a>"),
        (#"W/"a""#, "W/<a>"),
        (#""""#, "<>"),
        (#""a", W/"b","c""#, "<a> W/<b> <c>"),
        (#" , "a" ,, "b" , "#, "<a> <b>"),
        (#""3.8123.gz""#, "<3.8123.gz>"),
        (#""a,b""#, "<a,b>"),
        (#""a\", "b""#, #"<a\> <b>"#),
        ("*", "any"),
        (" * ", "any"),
        ("", "malformed"),
        (" , ,", "malformed"),
        ("*, \"a\"", "malformed"),
        ("\"a\", *", "malformed"),
        ("a", "malformed"),
        ("\"a", "malformed"),
        ("\"a\" \"b\"", "malformed"),
        ("\"a\"\"b\"", "malformed"),
        ("\"a\";\"b\"", "malformed"),
        ("w/\"a\"", "malformed"),
        ("W\"a\"", "malformed"),
        ("W/ \"a\"", "malformed"),
        ("\"a b\"", "malformed"),
        ("\"a\tb\"", "malformed"),
        ("\"a\u{7F}\"", "malformed"),
        ("\"a\0\"", "malformed"),
        ("'a'", "malformed"),
    ])
    func `a line of tags is read or refused whole`(line: String, result: String) {
        #expect(tags(bytes(line)) == result)
    }

    @Test func `bytes beyond ASCII are part of a tag`() {
        var list = EntityTagList([0x22, 0x80, 0xFF, 0x22].span)
        guard let tag = try? list.next() else {
            Issue.record("no tag")
            return
        }
        let opaque = tag.opaque.copied()
        #expect(opaque == [0x80, 0xFF])
    }

    @Test func `64 tags are read and the 65th is too many`() {
        let line = { (count: Int) in
            bytes((0..<count).map { "\"\($0)\"" }.joined(separator: ","))
        }
        #expect(tags(line(64)).hasSuffix("<63>"))
        #expect(tags(line(65)) == "tooMany")
        #expect(tags(line(4), counted: 60).hasSuffix("<3>"))
        #expect(tags(line(5), counted: 60) == "tooMany")
        var list = EntityTagList(line(3).span, counted: 7)
        while (try? list.next()) != nil {}
        let counted = list.counted
        #expect(counted == 10)
    }

    private func compare(_ left: String, _ right: String) -> (strong: Bool, weak: Bool)? {
        let one = bytes(left)
        let other = bytes(right)
        guard let tag = EntityTag.parse(one.span), let second = EntityTag.parse(other.span) else {
            return nil
        }
        return (tag.matchesStrongly(second), tag.matchesWeakly(second))
    }

    @Test(arguments: [
        // RFC 9110 §8.8.3.2, the table.
        (#"W/"1""#, #"W/"1""#, false, true),
        (#"W/"1""#, #"W/"2""#, false, false),
        (#"W/"1""#, #""1""#, false, true),
        (#""1""#, #""1""#, true, true),
        (#""a""#, #""A""#, false, false),
    ])
    func `a weak tag never matches strongly`(left: String, right: String, strong: Bool, weak: Bool) {
        let result = compare(left, right)
        #expect(result?.strong == strong)
        #expect(result?.weak == weak)
    }

    @Test(arguments: ["", "*", "Sun, 06 Nov 1994 08:49:37 GMT", "\"a\", \"b\"", "\"a\"x", "W/"])
    func `what is no single tag is none`(field: String) {
        let input = bytes(field)
        let isNone = EntityTag.parse(input.span) == nil
        #expect(isNone)
    }

    @Test func `no variation of a line traps`() {
        vary(#"W/"a", "b" , "c""#) { _ = tags($0) }
    }
}
