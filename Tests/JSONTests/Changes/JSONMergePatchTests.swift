import Bytes
import Glibc
import JSON
import TestDepth
import Testing

@Suite struct `A merge patch` {
    /// RFC 7396, appendix A.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, "null", "null"),
        (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func `does what the RFC shows`(document: String, patch: String, result: String) {
        #expect(merged(patch, document) == result)
    }

    @Test(arguments: [
        (#"{ "a" : 1.50 , "b":[ 1 , {} ] }"#, #"{"c":1e400}"#, #"{"a":1.50,"b":[1,{}],"c":1e400}"#),
        (#"{"\u0061":1,"b":2}"#, #"{"a":3}"#, #"{"\u0061":3,"b":2}"#),
        (#"{"a":1}"#, #"{"\u0061":null}"#, "{}"),
        (#"{"a":"\u00e9\n"}"#, #"{"b":"é"}"#, #"{"a":"\u00e9\n","b":"é"}"#),
        (#"{"a":1,"b":2,"c":3}"#, #"{"b":null,"a":{"x":null}}"#, #"{"a":{},"c":3}"#),
    ])
    func `keeps the text and the order of what it does not touch`(document: String, patch: String, result: String) {
        #expect(merged(patch, document) == result)
    }

    @Test func `leaves the buffer as it was when it cannot be applied`() {
        #expect(merged("{", "{}") == "patch(JSON.JSONError(offset: 1, reason: JSON.JSONError.Reason.unexpectedEnd))")
        #expect(merged("{}", "nul").hasPrefix("document("))
        #expect(merged(#"{"a":1}"#, "{}", limit: 7) == #"{"a":1}"#)
        #expect(merged(#"{"a":1}"#, "{}", limit: 6) == "tooLong")
    }

    @Test func `agrees with the naive way on random documents`() {
        let seed = testSeed()
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let isWide = random.next() % 20 == 0
            let (depth, width) = isWide ? (2, 60) : (4, 5)
            let document = PlainJSON.random(&random, depth: depth, width: width)
            let patch = PlainJSON.object(&random, depth: depth, width: width)
            let expected = PlainJSON.merge(document, patch).text
            #expect(merged(patch.text, document.text) == expected, "seed \(seed): \(document.text) by \(patch.text)")
        }
    }

    @Test func `of thousands of members takes no longer than it has bytes`() {
        // Four times as many take about four times as long; sixteen times would be the square.
        let growth = (0..<3).map { _ in Double(nanosecondsToMerge(24_000)) / Double(nanosecondsToMerge(6000)) }
        #expect(growth.min()! < 9, "\(growth)")
    }

    /// What it takes of a core, however many others want it too.
    private func nanosecondsToMerge(_ members: Int) -> UInt64 {
        let many = (0..<members).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
        let none = (0..<members).map { "\"n\($0)\":null" }.joined(separator: ",")
        let start = threadNanoseconds()
        #expect(merged("{\(none)}", "{\(many)}") == "{}")
        #expect(merged("{\(many)}", "{}").count == many.utf8.count + 2)
        return threadNanoseconds() - start
    }

    private func threadNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test func `that would make a text nobody could read again is refused`() {
        let left = (0..<40_000).map { "\"a\($0)\":1" }.joined(separator: ",")
        let right = (0..<40_000).map { "\"b\($0)\":1" }.joined(separator: ",")
        #expect(merged("{\(left)}", "{\(right)}") == "tooLong")
    }
}
