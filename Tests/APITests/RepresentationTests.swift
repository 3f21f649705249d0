import Bytes
import CacheModel
import Compression
import Testing

@Suite struct `ranges` {
    private func stored() throws -> Surface {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", "Content-Type: text/x-digits", text: "0123456789abcdef")
        return surface
    }

    @Test(arguments: [
        ("0-3", "0123"), ("10-", "abcdef"), ("-3", "def"), ("15-99999999999999999999", "f"), ("99-,2-3", "23"),
    ])
    func `one part is cut out`(range: String, expected: String) throws {
        let answer = try stored().send("GET /v1/keys/a", "Range: bytes=\(range)")
        #expect(answer.status == 206 && answer.text == expected && answer["ETag"] == "\"1.1\"")
        #expect(answer["Content-Range"]?.hasSuffix("/16") == true)
    }

    @Test func `several parts come with their heads and the length is right`() throws {
        let answer = try stored().send("GET /v1/keys/a", "Range: bytes=0-1, 5-6,-2")
        let boundary = String(answer["Content-Type"]?.split(separator: "=").last ?? "")
        #expect(boundary.count == 16 && answer.status == 206)
        #expect(
            answer.text
                == "--\(boundary)\r\nContent-Type: text/x-digits\r\nContent-Range: bytes 0-1/16\r\n\r\n01"
                + "\r\n--\(boundary)\r\nContent-Type: text/x-digits\r\nContent-Range: bytes 5-6/16\r\n\r\n56"
                + "\r\n--\(boundary)\r\nContent-Type: text/x-digits\r\nContent-Range: bytes 14-15/16\r\n\r\nef"
                + "\r\n--\(boundary)--\r\n")
        #expect(answer["Content-Length"] == String(answer.body.count))
    }

    @Test func `outside is 416, nonsense is ignored`() throws {
        let surface = try stored()
        let outside = surface.send("GET /v1/keys/a", "Range: bytes=16-")
        #expect(outside.status == 416 && outside["Content-Range"] == "bytes */16")
        for range in ["items=0-1", "bytes=5-2", "bytes=", "bytes=0-9,5-14,0-0"] {
            #expect(surface.send("GET /v1/keys/a", "Range: \(range)").status == 200, "\(range)")
        }
        #expect(surface.send("HEAD /v1/keys/a", "Range: bytes=0-1")["Content-Length"] == "16")
    }

    @Test func `If-Range wants the very value`() throws {
        let surface = try stored()
        surface.now = surface.now.advanced(byMilliseconds: 5000)
        func status(_ validator: String) -> Int {
            surface.send("GET /v1/keys/a", "Range: bytes=0-1", "If-Range: \(validator)").status
        }
        #expect(status("\"1.1\"") == 206 && status("Fri, 15 Jan 2027 08:00:00 GMT") == 206)
        #expect(status("W/\"1.1\"") == 200 && status("\"1.1.gz\"") == 200 && status("nonsense") == 200)
    }
}

@Suite struct `codings` {
    private let text = String(repeating: "All work and no play. ", count: 200)

    private func inflated(_ bytes: [UInt8]) -> String? {
        var out = IOBuffer()
        guard (try? Gzip.inflate(bytes.span, limit: 1 << 20, into: &out)) != nil else { return nil }
        return String(decoding: out.readable.copied(), as: UTF8.self)
    }

    private func packed(_ text: String) -> [UInt8] {
        var out = IOBuffer()
        _ = Gzip.compress(Array(text.utf8).span, level: 6, into: &out)
        return out.readable.copied()
    }

    @Test func `a long text is packed for who likes it`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", "Content-Type: text/plain", text: text)
        let plain = surface.send("GET /v1/keys/a")
        #expect(plain.text == text && plain["Vary"] == "Accept-Encoding" && plain["ETag"] == "\"1.1\"")
        let short = surface.send("GET /v1/keys/a", "Accept-Encoding: gzip, br")
        #expect(short["Content-Encoding"] == "gzip" && short["ETag"] == "\"1.1.gz\"" && inflated(short.body) == text)
        let head = surface.send("HEAD /v1/keys/a", "Accept-Encoding: gzip")
        #expect(head["Content-Length"] == String(short.body.count) && head["ETag"] == "\"1.1.gz\"")
        #expect(surface.send("GET /v1/keys/a", "Accept-Encoding: gzip", "If-None-Match: \"1.1.gz\"").status == 304)
        #expect(surface.send("GET /v1/keys/a", "Accept-Encoding: gzip;q=0")["Content-Encoding"] == nil)
        let part = surface.send("GET /v1/keys/a", "Accept-Encoding: gzip", "Range: bytes=0-9")
        #expect(part.status == 206 && part.body == Array(short.body.prefix(10)))
    }

    @Test func `short values, pictures and refusals stay as they are`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", "Content-Type: text/plain", text: String(text.prefix(1023)))
        #expect(surface.send("GET /v1/keys/a", "Accept-Encoding: gzip")["Vary"] == nil)
        surface.send("PUT /v1/keys/a", "Content-Type: image/png", text: text)
        #expect(surface.send("GET /v1/keys/a", "Accept-Encoding: gzip")["Content-Encoding"] == nil)
    }

    @Test func `a gzip value is checked, sent as stored and inflated for others`() throws {
        let surface = try Surface()
        let bytes = packed(text)
        #expect(
            surface.send("PUT /v1/keys/a", "Content-Encoding: gzip", "Content-Type: text/plain", body: bytes)["ETag"]
                == "\"1.1.gz\"")
        #expect(surface.send("GET /v1/keys/a").body == bytes)
        #expect(surface.send("GET /v1/keys/a", "Accept-Encoding: x-gzip").body == bytes)
        let other = surface.send("GET /v1/keys/a", "Accept-Encoding: br")
        #expect(other.text == text && other["Content-Encoding"] == nil && other["ETag"] == "\"1.1\"")
        #expect(
            surface.send("PUT /v1/keys/a", "Content-Encoding: gzip", body: Array(bytes.dropLast())).slug == "bad-coding"
        )
        #expect(surface.send("PUT /v1/keys/a", "Content-Encoding: gzip", text: "no").slug == "bad-coding")
        let bomb = packed(String(repeating: "a", count: 9 << 20))
        let refused = surface.send("PUT /v1/keys/a", "Content-Encoding: gzip", body: bomb)
        #expect(refused.status == 413 && refused["Connection"] == "close")
    }

    @Test func `other codings are opaque`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", "Content-Encoding: br", text: "x")
        #expect(surface.send("GET /v1/keys/a")["Content-Encoding"] == "br")
        #expect(surface.send("GET /v1/keys/a", "Accept-Encoding: gzip, br").status == 200)
        #expect(surface.send("GET /v1/keys/a", "Accept-Encoding: gzip").slug == "not-acceptable")
    }
}
