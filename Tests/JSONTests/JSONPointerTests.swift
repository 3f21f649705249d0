import Bytes
import JSON
import Testing

struct JSONPointerTests {
    private func place(of offset: Int, in text: String) -> String {
        let bytes = Array(text.utf8)
        var buffer = IOBuffer()
        JSONPointer.append(placeOf: offset, in: bytes.span, into: &buffer)
        return String(decoding: buffer.readable.copied(), as: UTF8.self)
    }

    @Test(arguments: [
        ("^1", ""),
        (#"{^"a":1}"#, "/a"),
        (#"{"a":^1}"#, "/a"),
        (#"{"a":1,"b":^2}"#, "/b"),
        (#"[1,^2]"#, "/1"),
        (#"{"a":[0,{"b":^true}]}"#, "/a/1/b"),
        (#"{"a":[0,{"b":true},^3]}"#, "/a/2"),
        (#"{"a":[[],[[^]]]}"#, "/a/1/0"),
        (#"{"a/b":{"m~n":^1}}"#, "/a~1b/m~0n"),
        (#"{"\u0061":^1}"#, "/a"),
        (#"{"a":[1,"x^\q"]}"#, "/a/1"),
        (#"{"a":[1,?^]}"#, "/a/1"),
        (#"{"a":1,^}"#, ""),
        ("^", ""),
    ])
    func `the place of a byte is told as a pointer`(marked: String, pointer: String) throws {
        let mark = try #require(marked.utf8.firstIndex(of: 0x5E))
        let offset = marked.utf8.distance(from: marked.utf8.startIndex, to: mark)
        #expect(place(of: offset, in: marked.replacing("^", with: "")) == pointer)
    }

    @Test func `any offset has a place`() {
        for offset in 0..<60 { _ = place(of: offset, in: #"{"a":[1,{"b":"c"}],"d":{"e":[[]]}"#) }
    }
}
