import Bytes
import JSON
import Testing

struct MemberNamesTests {
    private func object(_ names: [String], inside: String = "0") -> String {
        "{" + names.map { "\"\($0)\":\(inside)" }.joined(separator: ",") + "}"
    }

    private func names(_ count: Int, from first: Int = 0) -> [String] {
        (first..<first + count).map { "n\($0)" }
    }

    @Test(arguments: [
        (#"{"a":1,"a":1}"#, "duplicateMember@7"),
        (#"{"a":1,"b":2,"a":3}"#, "duplicateMember@13"),
        (#"{"a":1,"\u0061":1}"#, "duplicateMember@7"),
        (#"{"\u0061":1,"\u0061":1}"#, "duplicateMember@12"),
        (#"{"":1,"":1}"#, "duplicateMember@6"),
        (#"{"a":{"b":1,"b":1}}"#, "duplicateMember@12"),
        (#"{"a":{"a":{"a":1}},"a":1}"#, "duplicateMember@19"),
        (#"[{"a":1},{"a":1,"a":1}]"#, "duplicateMember@16"),
        ("{\"\u{e9}\":1,\"e\u{301}\":1}", "{ \u{e9}: 1 e\u{301}: 1 }"),
        (#"{"a":1,"A":1}"#, "{ a: 1 A: 1 }"),
    ])
    func `two members of one name are refused`(text: String, outcome: String) {
        #expect(read(text) == outcome)
    }

    @Test(arguments: [1, 2, 15, 16, 17, 18, 31, 32, 33, 63, 64, 65, 200, 5000])
    func `a repeated name is found among any number of members`(count: Int) {
        let names = names(count)
        #expect(!read(object(names)).contains("@"))
        for place in [0, count / 2, count - 1] {
            #expect(read(object(names + [names[place]])).hasPrefix("duplicateMember"))
        }
        #expect(read(object(names + [#"n\u0030"#])).hasPrefix("duplicateMember"))
    }

    @Test func `objects inside each other keep their names apart at any size`() {
        var text = "0"
        for depth in 0..<20 {
            // The same names at every depth, and more after the inner object has closed.
            let count = [1, 16, 17, 40][depth % 4]
            text =
                "{" + names(count).map { "\"\($0)\":1" }.joined(separator: ",")
                + ",\"inner\":\(text),"
                + names(count, from: 1000).map { "\"\($0)\":2" }.joined(separator: ",") + "}"
        }
        #expect(!read(text).contains("@"))
        let broken = text.dropLast() + ",\"n0\":3}"
        #expect(read(String(broken)).hasPrefix("duplicateMember"))
    }

    @Test func `siblings of many members reuse the table`() {
        let big = object(names(100))
        #expect(!read("[" + Array(repeating: big, count: 20).joined(separator: ",") + "]").contains("@"))
        #expect(!read(object(names(30), inside: big)).contains("@"))
    }

    @Test func `a random walk agrees with a set of names`() {
        var random = SplitMix(state: 42)
        for round in 0..<300 {
            let count = Int(random.next() % 60)
            let drawn = (0..<count).map { _ in "k\(random.next() % 400)" }
            let isUnique = Set(drawn).count == drawn.count
            #expect(!read(object(drawn)).contains("@") == isUnique, "round \(round)")
        }
    }

    @Test func `open objects hold 65536 names and no more`() {
        let many = object(names(JSONLimits.openMembers - 1))
        #expect(!read(many).contains("@"))
        #expect(!read("[\(many),\(many)]").contains("@"))
        #expect(read(object(names(JSONLimits.openMembers))).hasPrefix("tooManyMembers"))
    }
}

struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
