import Bytes
import JSON
import Testing

@Suite struct `A JSON pointer` {
    private func found(_ pointer: String, in document: String) -> String {
        let (pointer, document) = (Array(pointer.utf8), Array(document.utf8))
        do {
            guard let slice = try JSONPointer.find(pointer.span, in: document.span) else { return "nothing" }
            return String(decoding: document[slice.range], as: UTF8.self)
        } catch {
            return "malformed"
        }
    }

    /// RFC 6901 §5.
    @Test(arguments: [
        ("", "whole"), ("/foo", #"["bar", "baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"),
        ("/e^f", "3"), ("/g|h", "4"), (#"/i\j"#, "5"), (#"/k"l"#, "6"), ("/ ", "7"), ("/m~0n", "8"),
    ])
    func `finds what the RFC shows`(pointer: String, value: String) {
        let document = #"""
            {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7,
            "m~n": 8}
            """#
        #expect(found(pointer, in: document) == (value == "whole" ? document : value))
    }

    @Test(arguments: [
        ("/x", "nothing"), ("/a/0", "10"), ("/a/1/b", "true"), ("/a/2", "nothing"), ("/a/-", "nothing"),
        ("/a/01", "nothing"), ("/a/0/0", "nothing"), ("/a/1/", "nothing"), ("/a/99999999999", "nothing"),
        ("a", "malformed"), ("/a~", "malformed"), ("/~2", "malformed"), ("/é", "null"),
    ])
    func `finds one value or nothing`(pointer: String, value: String) {
        #expect(found(pointer, in: #"{"a":[10,{"b":true}],"\u00e9":null}"#) == value)
    }
}
