import Bytes
import HTTP1
import Testing

struct ByteRangesTests {
    /// The parts of a value of `length` bytes: `0-4 10-19`, "whole", "unsatisfiable" or "ignored".
    private func parts(_ field: String, of length: Int) -> String {
        let input = bytes(field)
        guard let ranges = ByteRanges.parse(input.span) else { return "ignored" }
        switch ranges.resolve(length: length) {
        case .whole: return "whole"
        case .unsatisfiable: return "unsatisfiable"
        case .partial(let parts):
            return (0..<parts.count).map { "\(parts[$0].lowerBound)-\(parts[$0].upperBound - 1)" }
                .joined(separator: " ")
        }
    }

    @Test(arguments: [
        ("bytes=0-0", 100, "0-0"),
        ("bytes=0-499", 100, "0-99"),
        ("bytes=10-", 100, "10-99"),
        ("bytes=-10", 100, "90-99"),
        ("bytes=-1000", 100, "0-99"),
        ("bytes=99-", 100, "99-99"),
        ("BYTES=0-1", 100, "0-1"),
        ("bytes=0-1,3-4 , 6-7", 100, "0-1 3-4 6-7"),
        ("bytes=,0-1,,3-4,", 100, "0-1 3-4"),
        ("bytes=50-59,0-9", 100, "50-59 0-9"),
        ("bytes=200-, -5", 100, "95-99"),
        ("bytes=0-9223372036854775807", 100, "0-99"),
        ("bytes=0-99999999999999999999999999", 100, "0-99"),
        ("bytes=-99999999999999999999999999", 100, "0-99"),
        ("bytes=000000000000000000000000000000001-2", 100, "1-2"),
        ("bytes=100-", 100, "unsatisfiable"),
        ("bytes=9223372036854775807-", 100, "unsatisfiable"),
        ("bytes=99999999999999999999999999-", 100, "unsatisfiable"),
        ("bytes=-0", 100, "unsatisfiable"),
        ("bytes=-0,200-300", 100, "unsatisfiable"),
        ("bytes=0-", 0, "unsatisfiable"),
        ("bytes=-5", 0, "whole"),
        ("bytes=0-,0-", 100, "whole"),
        ("bytes=0-60,40-99", 100, "whole"),
        ("bytes=0-49,50-99", 100, "0-49 50-99"),
        ("bytes=5-4", 100, "ignored"),
        ("bytes=0-1,5-4", 100, "ignored"),
        ("bytes=", 100, "ignored"),
        ("bytes=,", 100, "ignored"),
        ("bytes=-", 100, "ignored"),
        ("bytes", 100, "ignored"),
        ("bytes=1", 100, "ignored"),
        ("bytes=+1-2", 100, "ignored"),
        ("bytes=1--2", 100, "ignored"),
        ("bytes=1 - 2", 100, "ignored"),
        ("bytes =1-2", 100, "ignored"),
        ("bytes= 1-2", 100, "1-2"),
        ("bytes=0x1-2", 100, "ignored"),
        ("bytes=1-2;3-4", 100, "ignored"),
        ("bytes=1-2 3-4", 100, "ignored"),
        ("lines=0-1", 100, "ignored"),
        ("0-1", 100, "ignored"),
        ("", 100, "ignored"),
    ])
    func `ranges are cut to the value or ignored`(field: String, length: Int, result: String) {
        #expect(parts(field, of: length) == result)
    }

    @Test func `16 ranges are served and 17 ignored`() {
        let list = { (count: Int) in
            "bytes=" + (0..<count).map { "\($0 * 2)-\($0 * 2)" }.joined(separator: ",")
        }
        #expect(parts(list(16), of: 100).split(separator: " ").count == 16)
        #expect(parts(list(17), of: 100) == "ignored")
    }

    @Test func `parts always lie inside the value`() {
        vary("bytes=0-1, 3-, -5") { input in
            guard let ranges = ByteRanges.parse(input.span) else { return }
            for length in [0, 1, 2, 5, 1000, Int.max] {
                guard case .partial(let parts) = ranges.resolve(length: length) else { continue }
                for index in 0..<parts.count {
                    let part = parts[index]
                    #expect(!part.isEmpty && part.lowerBound >= 0 && part.upperBound <= length)
                }
            }
        }
    }

    @Test func `the answer says which bytes it holds`() {
        #expect(written { ContentRange.append(0..<10, ofLength: 100, into: &$0) } == "bytes 0-9/100")
        #expect(written { ContentRange.appendUnsatisfied(ofLength: 100, into: &$0) } == "bytes */100")
    }
}
