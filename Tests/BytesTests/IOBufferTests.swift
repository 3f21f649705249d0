import Bytes
import Testing

@Suite struct IOBufferTests {
    @Test func `bytes come out in the order they went in, across growth and consumption`() {
        var buffer = IOBuffer()
        var model: [UInt8] = []
        var random = SystemRandomNumberGenerator()
        for step in 0..<5_000 {
            if step % 3 == 2 {
                let taken = min(model.count, Int.random(in: 0...40, using: &random))
                buffer.consume(taken)
                model.removeFirst(taken)
            } else {
                let added = (0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...255) }
                buffer.append(added)
                model.append(contentsOf: added)
            }
            #expect(buffer.count == model.count)
        }
        #expect(buffer.readable.copied() == model)
    }

    @Test(
        arguments: [
            (0, "0"), (9, "9"), (10, "10"), (-1, "-1"), (Int64.max, "9223372036854775807"),
            (Int64.min, "-9223372036854775808"),
        ] as [(Int64, String)])
    func `numbers are written as decimal digits`(value: Int64, text: String) {
        var buffer = IOBuffer()
        buffer.append(decimal: value)
        #expect(buffer.readable.copied() == Array(text.utf8))
    }

    @Test func `numbers beside every power of ten are written with all their digits`() {
        var power: UInt64 = 1
        for digits in 1...20 {
            for value in [power - 1, power, power + 1, power &* 9] {
                var buffer = IOBuffer()
                buffer.append(decimal: value)
                #expect(buffer.readable.copied() == Array(String(value).utf8))
            }
            if digits < 20 { power *= 10 }
        }
        var largest = IOBuffer()
        largest.append(decimal: UInt64.max)
        #expect(largest.readable.copied() == Array("18446744073709551615".utf8))
    }

    @Test(arguments: [(41_250, "41.250"), (0, "0.000"), (-1_005, "-1.005"), (7, "0.007")] as [(Int64, String)])
    func `milliseconds are written as seconds with three decimals`(value: Int64, text: String) {
        var buffer = IOBuffer()
        buffer.append(secondsFromMilliseconds: value)
        #expect(buffer.readable.copied() == Array(text.utf8))
    }

    /// What the buffer's free room holds, zeros apart: bytes that were there before.
    private func left(in buffer: inout IOBuffer) -> [UInt8] {
        var found: [UInt8] = []
        _ = buffer.append(minimum: 0) { room in
            found = room.filter { $0 != 0 }
            return 0
        }
        return found
    }

    private func secret(_ text: StaticString) -> IOBuffer {
        var buffer = IOBuffer(capacity: 256)
        // Fresh storage may hold anything.
        buffer.append(repeating: 0, count: buffer.capacity)
        buffer.removeAll()
        buffer.append(text)
        buffer.isSecret = true
        return buffer
    }

    @Test func `an emptied buffer holds nothing of a secret, and is none any more`() {
        var consumed = secret("password")
        consumed.consume(4)
        consumed.consume(4)
        #expect(left(in: &consumed).isEmpty && !consumed.isSecret)
        var removed = secret("password")
        removed.consume(4)
        removed.removeAll()
        #expect(left(in: &removed).isEmpty && !removed.isSecret)
        var plain = secret("password")
        plain.isSecret = false
        plain.removeAll()
        #expect(left(in: &plain) == Array("password".utf8))
    }

    @Test func `what is cut off a secret, or left behind when it moves, is overwritten`() {
        var cut = secret("password")
        cut.truncate(to: 4)
        #expect(left(in: &cut).isEmpty && cut.readable.copied() == Array("pass".utf8))
        var moved = secret("")
        moved.append(repeating: 1, count: 200)
        moved.append("password")
        moved.consume(200)
        let capacity = moved.capacity
        moved.reserve(100)
        #expect(moved.capacity == capacity && left(in: &moved).isEmpty)
        #expect(moved.readable.copied() == Array("password".utf8))
    }

    @Test func `bytes are overwritten where they stand, or where they stood`() {
        var buffer = secret("name: secret;next")
        buffer.consume(6)
        buffer.overwrite(first: 6)
        #expect(buffer.readable.copied() == [0, 0, 0, 0, 0, 0] + Array(";next".utf8))
        buffer.isSecret = false
        buffer.truncate(to: 7)
        #expect(left(in: &buffer) == Array("next".utf8))
        buffer.overwrite(behind: 4)
        #expect(left(in: &buffer).isEmpty)
    }

    @Test func `moving and replacing stay inside the readable bytes`() {
        var buffer = IOBuffer()
        buffer.append("xxabcdef")
        buffer.consume(2)
        buffer.move(from: 2, to: 0, count: 4)
        buffer.replace(at: 4, with: ([1, 2] as [UInt8]).span)
        #expect(buffer.readable.copied() == Array("cdef".utf8) + [1, 2])
    }
}

@Suite struct ByteScanTests {
    @Test func `a control is found at every offset, and nothing else is`() {
        for length in 0..<40 {
            for place in 0..<max(1, length) where place < length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: 0x61, count: length)
                    bytes[place] = byte
                    let isControl = (byte < 0x20 && byte != 0x09) || byte == 0x7F
                    #expect(bytes.span.firstControl(in: 0..<length) == (isControl ? place : nil))
                }
            }
        }
    }

    @Test func `a control is found behind tabs`() {
        for tab in 0..<20 {
            for place in tab + 1..<24 {
                var bytes = [UInt8](repeating: 0x61, count: 24)
                bytes[tab] = 0x09
                bytes[place] = 0x0D
                #expect(bytes.span.firstControl(in: 0..<24) == place)
            }
        }
    }

    @Test func `visible text ends at the first byte that is none`() {
        for length in [7, 8, 20] {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: 0x7E, count: length)
                    bytes[place] = byte
                    let isVisible = byte > 0x20 && byte < 0x7F
                    #expect(bytes.span.visibleRun(from: 0).end == (isVisible ? length : place))
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `a run of visible text tells which marks it holds`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                Bool.random(using: &random) ? Array("?#% \"$&~".utf8).randomElement(using: &random)! : 0x61
            }
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = bytes[start...].firstIndex(of: 0x20) ?? bytes.count
            let run = bytes.span.visibleRun(from: start)
            #expect(run.end == end, "seed \(seed): \(bytes)")
            #expect(run.questionMark == bytes[start..<end].firstIndex(of: 0x3F), "seed \(seed): \(bytes)")
            #expect(run.hasNumberSign == bytes[start..<end].contains(0x23), "seed \(seed): \(bytes)")
            #expect(run.hasPercentSign == bytes[start..<end].contains(0x25), "seed \(seed): \(bytes)")
        }
    }

    @Test func `a registered name ends at the first byte that may not stand in one`() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+;=".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect([0x61, byte].span.registeredNameLength == (allowed.contains(byte) ? 2 : 1))
        }
    }

    @Test func `token characters are those of RFC 9110`() {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ASCII.isToken(byte) == tokens.contains(byte)) }
    }

    @Test func `a byte is found from where the search starts`() {
        let bytes: [UInt8] = [1, 2, 3, 2, 1]
        #expect(bytes.span.firstIndex(of: 2) == 1)
        #expect(bytes.span.firstIndex(of: 2, from: 2) == 3)
        #expect(bytes.span.firstIndex(of: 9) == nil)
        #expect(bytes.span.firstIndex(of: 1, from: 5) == nil)
    }
}

@Suite struct CodingTests {
    @Test(
        arguments: [
            ("12", 12), ("0", 0), ("007", 7), ("9223372036854775807", .max), ("9223372036854775808", nil), ("", nil),
            ("+5", nil), ("-0", nil), ("0x10", nil), ("1_0", nil), (" 5", nil), ("5 ", nil), ("1e1", nil), ("٣", nil),
            ("99999999999999999999", nil),
        ] as [(String, Int64?)])
    func `only plain decimal digits are a number`(text: String, value: Int64?) {
        #expect(Array(text.utf8).span.decimalValue() == value)
    }

    @Test(
        arguments: [
            ("a%2Fb", "a/b"), ("%252e", "%2e"), ("a+b", "a+b"), ("%00", "\0"), ("%", nil), ("%0", nil), ("%zz", nil),
            ("abc%4", nil), ("%C3%A9", "é"), ("", ""),
        ] as [(String, String?)])
    func `escapes are decoded exactly once`(encoded: String, decoded: String?) {
        var buffer = IOBuffer()
        let isWhole = PercentCoding.decode(Array(encoded.utf8).span, plusIsSpace: false, into: &buffer)
        #expect(isWhole == (decoded != nil))
        if let decoded { #expect(buffer.readable.copied() == Array(decoded.utf8)) }
    }

    @Test func `encoding and decoding names returns every byte`() {
        let all = (0...255).map { UInt8($0) }
        var encoded = IOBuffer()
        PercentCoding.encode(all.span, keepingSlash: false, into: &encoded)
        var decoded = IOBuffer()
        #expect(PercentCoding.decode(encoded.readable, plusIsSpace: false, into: &decoded))
        #expect(decoded.readable.copied() == all)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 is that of RFC 4648`(plain: String, encoded: String) {
        var buffer = IOBuffer()
        Base64.encode(Array(plain.utf8).span, .standard, into: &buffer)
        #expect(buffer.readable.copied() == Array(encoded.utf8))
        var back = IOBuffer()
        #expect(Base64.decode(Array(encoded.utf8).span, .standard, into: &back))
        #expect(back.readable.copied() == Array(plain.utf8))
    }

    @Test(arguments: ["A", "Zg=", "Zg===", "Zm9v=", "Z+8_", "Zh==", "====", "Zm 9v"])
    func `broken base64 is refused`(encoded: String) {
        var buffer = IOBuffer()
        #expect(!Base64.decode(Array(encoded.utf8).span, .standard, into: &buffer))
    }
}
