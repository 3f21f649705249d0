import Bytes
import JSON
import TestDepth
import Testing

@Suite struct `A JSON patch` {
    /// RFC 6902, appendix A, in its order.
    @Test(arguments: [
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"foo":"bar","baz":"qux"}"#),
        (
            #"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            #"{"foo":["bar","qux","baz"]}"#
        ),
        (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
        (#"{"foo":["bar","qux","baz"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["bar","baz"]}"#),
        (
            #"{"baz":"qux","foo":"bar"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            #"{"baz":"boo","foo":"bar"}"#
        ),
        (
            #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#
        ),
        (
            #"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            #"{"foo":["all","cows","eat","grass"]}"#
        ),
        (
            #"{"baz":"qux","foo":["a",2,"c"]}"#,
            #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            #"{"baz":"qux","foo":["a",2,"c"]}"#
        ),
        (#"{"baz":"qux"}"#, #"[{"op":"test","path":"/baz","value":"bar"}]"#, "testFailed@0"),
        (
            #"{"foo":"bar"}"#, #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            #"{"foo":"bar","child":{"grandchild":{}}}"#
        ),
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#, #"{"foo":"bar","baz":"qux"}"#),
        (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, "notFound@0"),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#, #"{"/":9,"~1":10}"#),
        (#"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":"10"}]"#, "testFailed@0"),
        (
            #"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            #"{"foo":["bar",["abc","def"]]}"#
        ),
    ])
    func `does what the RFC shows`(document: String, patch: String, result: String) {
        #expect(patched(patch, document) == result)
    }

    @Test(arguments: [
        ("{}", "notAnArray"),
        ("[1]", "notAnOperation@0"),
        (#"[{"path":""}]"#, "notAnOperation@0"),
        (#"[{"op":"test","path":"","value":{}},{"op":"grow","path":""}]"#, "unknownOperation@1"),
        (#"[{"op":"remove"}]"#, "missingPath@0"),
        (#"[{"op":"remove","path":1}]"#, "missingPath@0"),
        (#"[{"op":"copy","path":"/a"}]"#, "missingFrom@0"),
        (#"[{"op":"add","path":"/a"}]"#, "missingValue@0"),
        (#"[{"op":"add","path":"a","value":1}]"#, "badPointer@0"),
        (#"[{"op":"add","path":"/~2","value":1}]"#, "badPointer@0"),
        (#"[{"op":"add","path":"/~","value":1}]"#, "badPointer@0"),
        (#"[{"op":"move","from":"/a","path":"/a/b"}]"#, "moveIntoItself@0"),
    ])
    func `of the wrong shape is refused before anything is tried`(patch: String, reason: String) {
        let bytes = Array(patch.utf8)
        #expect(throws: JSONChangeError.self) { try JSONPatch.check(bytes.span) }
        #expect(patched(patch, "{}") == reason)
    }

    @Test(arguments: [
        ("[]", #"[{"op":"remove","path":"/0"}]"#, "notFound@0"),
        ("[1]", #"[{"op":"add","path":"/2","value":1}]"#, "badIndex@0"),
        ("[1]", #"[{"op":"add","path":"/01","value":1}]"#, "badIndex@0"),
        ("[1]", #"[{"op":"replace","path":"/-","value":1}]"#, "notFound@0"),
        ("[1]", #"[{"op":"test","path":"/00","value":1}]"#, "notFound@0"),
        ("1", #"[{"op":"remove","path":""}]"#, "removesAll@0"),
        ("1", #"[{"op":"add","path":"/a","value":1}]"#, "notFound@0"),
        (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":1},{"op":"move","from":"/c","path":"/d"}]"#, "notFound@1"),
        (#"{"a":1}"#, #"[{"op":"move","from":"/c","path":"/c"}]"#, "notFound@0"),
    ])
    func `that does not fit the document says which operation`(document: String, patch: String, reason: String) {
        #expect(patched(patch, document) == reason)
    }

    @Test func `names the place that failed as it was sent`() {
        #expect(failingPointer(#"[{"op":"remove","path":"/a\/~1b"}]"#, "{}") == #"/a\/~1b"#)
        #expect(failingPointer(#"[{"op":"copy","from":"/x","path":"/y"}]"#, "{}") == "/x")
    }

    @Test(arguments: [
        ("100", "1e2"), ("1.00E+2", "100"), ("0", "-0.0e99"), ("0.10", "1e-1"), ("-5", "-5.0"), ("1e99", "10e98"),
        (#""é\n""#, #""\u00e9\u000a""#), (#"{"a":1,"b":[null]}"#, #"{"b":[null],"\u0061":1.0}"#),
    ])
    func `tests for what values are worth`(left: String, right: String) {
        #expect(patched("[{\"op\":\"test\",\"path\":\"\",\"value\":\(right)}]", left) == left)
    }

    @Test(arguments: [
        ("1", "-1"), ("1", "10"), ("1e99999999999999999999", "1e99999999999999999998"),
        ("9007199254740993", "9007199254740992"), ("1", "\"1\""), ("true", "false"), ("null", "false"),
        ("[1,2]", "[2,1]"), ("[1]", "[1,1]"), (#"{"a":1}"#, #"{"b":1}"#),
    ])
    func `tells different values apart`(left: String, right: String) {
        #expect(patched("[{\"op\":\"test\",\"path\":\"\",\"value\":\(right)}]", left) == "testFailed@0")
    }

    @Test func `cannot grow a document without end`() {
        let double = #"{"op":"copy","from":"","path":"/a"}"#
        let doubling = "[" + Array(repeating: double, count: 100).joined(separator: ",") + "]"
        #expect(patched(doubling, #"{"b":[1,2,3]}"#) == "tooDeep@62")
        let wide = #"{"op":"copy","from":"","path":"/-"}"#
        let widening = "[" + Array(repeating: wide, count: 60).joined(separator: ",") + "]"
        #expect(patched(widening, "[]").hasPrefix("tooManySteps@"))
        #expect(patched(#"[{"op":"copy","from":"/0","path":"/-"}]"#, #"["abc"]"#, limit: 12) == "tooLong")
    }

    @Test func `cannot nest deeper than a reader would go`() {
        let deep = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(patched("[{\"op\":\"add\",\"path\":\"/a\",\"value\":[1]}]", #"{"a":0}"#) == #"{"a":[1]}"#)
        #expect(patched(#"[{"op":"add","path":"","value":[]},{"op":"add","path":"/0","value":1}]"#, deep) == "[1]")
        let bottom = String(repeating: "/0", count: 62)
        #expect(patched("[{\"op\":\"add\",\"path\":\"\(bottom)/0\",\"value\":[]}]", deep).utf8.count == 128)
        #expect(patched("[{\"op\":\"add\",\"path\":\"\(bottom)/0\",\"value\":[[]]}]", deep) == "tooDeep@0")
    }

    @Test func `agrees with the naive way on random documents`() {
        let seed = testSeed()
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let document = PlainJSON.random(&random, depth: 4, width: random.next() % 20 == 0 ? 9 : 5)
            var plain: PlainJSON? = document
            var operations: [String] = []
            for _ in 0..<(1 + random.next() % 4) {
                operations.append(Self.operation(&random, on: &plain, like: plain ?? document))
            }
            let patch = "[" + operations.joined(separator: ",") + "]"
            let result = patched(patch, document.text)
            if let plain {
                #expect(result == plain.text, "seed \(seed): \(document.text) by \(patch)")
            } else {
                #expect(result.contains("@"), "seed \(seed): \(document.text) by \(patch)")
            }
        }
    }

    /// One random operation as text, done to `plain`; nil once an operation was impossible.
    private static func operation(
        _ random: inout SplitMix64, on plain: inout PlainJSON?, like document: PlainJSON
    ) -> String {
        let path = document.place(&random)
        let from = document.place(&random)
        let value = random.next() % 3 == 0 ? (try? document.value(at: from[...])) : nil
        let fresh = value ?? PlainJSON.random(&random)
        let verb = ["add", "remove", "replace", "move", "copy", "test"].randomElement(using: &random)!
        let isIntoItself = from.count < path.count && Array(path.prefix(from.count)) == from
        if verb == "move" && isIntoItself { return operation(&random, on: &plain, like: document) }
        plain = plain.flatMap { try? done(verb, path[...], from[...], fresh, on: $0) }
        let pointers = [path, from].map { $0.map { "/" + $0 }.joined() }
        return """
            {"op":"\(verb)","path":"\(pointers[0])","from":"\(pointers[1])","value":\(fresh.text)}
            """
    }

    private static func done(
        _ verb: String, _ path: ArraySlice<String>, _ from: ArraySlice<String>, _ value: PlainJSON, on old: PlainJSON
    ) throws -> PlainJSON {
        switch verb {
        case "add": return try old.adding(value, at: path)
        case "remove": return try old.removing(path)
        case "replace": return try old.replacing(path, with: value)
        case "copy": return try old.adding(try old.value(at: from), at: path)
        case "move":
            let moved = try old.value(at: from)
            return path == from ? old : try old.removing(from).adding(moved, at: path)
        default:
            guard try old.value(at: path).sorted == value.sorted else { throw PlainJSON.Impossible() }
            return old
        }
    }
}

extension PlainJSON {
    /// The same value with the members of every object in the order of their names.
    fileprivate var sorted: PlainJSON {
        switch self {
        case .scalar: self
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(members.map { Member(name: $0.name, value: $0.value.sorted) }.sorted { $0.name < $1.name })
        }
    }
}
