import API
import CacheModel
import Testing

@Suite struct `conditions` {
    private func stored() throws -> Surface {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", text: "v")
        return surface
    }

    @Test(arguments: ["\"1.1\"", "W/\"1.1\"", "\"0.1\", \"1.1\"", "*"])
    func `a known tag is not modified`(tags: String) throws {
        let answer = try stored().send("GET /v1/keys/a", "If-None-Match: \(tags)")
        #expect(answer.status == 304 && answer.body.isEmpty && answer["ETag"] == "\"1.1\"")
        #expect(answer["Content-Length"] == nil && answer["Cache-Control"] == "no-cache")
    }

    @Test(arguments: ["\"01.1\"", "\"1.01\"", "\"1.1.gz\"", "\"x\"", "\"\"", "\"65536.1\"", "\"1.281474976710656\""])
    func `any other spelling is another tag`(tag: String) throws {
        #expect(try stored().send("GET /v1/keys/a", "If-None-Match: \(tag)").status == 200)
        #expect(
            try stored().send("PUT /v1/keys/a", "If-Match: \"7.7\", \(tag)", text: "x").status
                == (tag == "\"1.1.gz\"" ? 204 : 412))
    }

    @Test func `a failed one tells the current tag`() throws {
        let surface = try stored()
        for request in ["GET", "PUT", "DELETE"] {
            let answer = surface.send("\(request) /v1/keys/a", "If-Match: \"9.9\"", "Accept: text/plain")
            #expect(answer.status == 412 && answer["ETag"] == "\"1.1\"")
            #expect(answer.text == "412 precondition-failed: current ETag is \"1.1\"\n")
        }
        let json = surface.send("GET /v1/keys/a", "If-Match: W/\"1.1\"")
        #expect(json.status == 412 && json.text.contains("\"etag\":\"1.1\""))
        #expect(surface.send("PUT /v1/keys/b", "If-Match: *", text: "x").status == 412)
        #expect(surface.send("DELETE /v1/keys/b", "If-Match: *").status == 404)
    }

    @Test func `dates are judged where no tags are sent`() throws {
        let surface = try stored()
        let modified = "Fri, 15 Jan 2027 08:00:00 GMT"
        let before = "Fri, 15 Jan 2027 07:59:59 GMT"
        #expect(surface.send("GET /v1/keys/a", "If-Modified-Since: \(modified)").status == 304)
        #expect(surface.send("GET /v1/keys/a", "If-Modified-Since: \(before)").status == 200)
        #expect(surface.send("GET /v1/keys/a", "If-Modified-Since: nonsense").status == 200)
        #expect(surface.send("GET /v1/keys/a", "If-Unmodified-Since: \(before)").status == 412)
        #expect(surface.send("PUT /v1/keys/a", "If-Unmodified-Since: \(before)", text: "x").status == 412)
        #expect(
            surface.send("GET /v1/keys/a", "If-None-Match: \"9.9\"", "If-Modified-Since: \(modified)").status == 200)
        #expect(surface.send("GET /v1/keys/a", "If-Match: \"1.1\"", "If-Unmodified-Since: \(before)").status == 200)
    }

    @Test func `what can never hold or be read is refused`() throws {
        let surface = try stored()
        #expect(
            surface.send("PUT /v1/keys/a", "If-Match: \"1.1\"", "If-None-Match: *", text: "x").slug
                == "contradictory-preconditions")
        for bad in ["abc", "\"1.1\" \"1.2\"", "*, \"1.1\"", "", "\"a b\""] {
            #expect(surface.send("GET /v1/keys/a", "If-None-Match: \(bad)").status == 400, "\(bad)")
        }
        #expect(surface.send("GET /v1/keys/a", "If-Match: *", "If-Match: \"1.1\"").status == 400)
        let many = (0..<65).map { "\"0.\($0)\"" }.joined(separator: ", ")
        #expect(surface.send("GET /v1/keys/a", "If-None-Match: \(many)").status == 400)
    }
}

@Suite struct `waiting` {
    @Test func `a reader parks until the key changes`() throws {
        let engine = ModelEngine()
        let surface = try Surface(engine: engine)
        surface.send("PUT /v1/keys/a", text: "1")
        let request = ("GET /v1/keys/a?wait=5s", "If-None-Match: \"1.1\"")
        #expect(surface.send(request.0, request.1).status == 0)
        #expect(surface.disposition == .parked(until: surface.now.advanced(byMilliseconds: 5000)))
        let ticket = surface.lastTicket
        surface.send("PUT /v1/keys/a", text: "2")
        #expect(engine.delivered == [ticket])
        let awakened = surface.again(.awakened, request.0, request.1)
        #expect(awakened.status == 200 && awakened.text == "2")
    }

    @Test func `the end of the wait is 304, a key that goes 404`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", text: "1")
        let request = ("GET /v1/keys/a", "If-None-Match: \"1.1\"", "Prefer: wait=60")
        surface.send(request.0, request.1, request.2)
        #expect(surface.disposition == .parked(until: surface.now.advanced(byMilliseconds: 30_000)))
        let late = surface.again(.deadline, request.0, request.1, request.2)
        #expect(late.status == 304 && late["Preference-Applied"] == "wait=60")
        surface.send("DELETE /v1/keys/a")
        #expect(surface.again(.awakened, request.0, request.1, request.2).status == 404)
    }

    @Test func `nothing is waited for without a known tag`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", text: "1")
        #expect(surface.send("GET /v1/keys/a?wait=5s").status == 200)
        #expect(surface.send("GET /v1/keys/a?wait=5s", "If-None-Match: \"9.9\"").status == 200)
        #expect(surface.send("GET /v1/keys/b?wait=5s", "If-None-Match: \"9.9\"").status == 404)
        #expect(surface.send("GET /v1/keys/a?wait=2s", "Prefer: wait=5").slug == "bad-parameter")
        #expect(surface.send("HEAD /v1/keys/a?wait=2s").status == 400)
    }
}
