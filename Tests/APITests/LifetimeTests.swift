import CacheModel
import Testing

@Suite struct `a lifetime` {
    private func left(_ surface: Surface) -> String? { surface.send("GET /v1/keys/a?touch=false")["Nuthatch-TTL"] }

    @Test(
        arguments: [
            ("?ttl=90", "", "90.000"), ("?ttl=1500ms", "", "1.500"), ("", "Cache-Control: max-age=60", "60.000"),
            ("", "Expires: Fri, 15 Jan 2027 08:01:00 GMT", "60.000"),
            ("?expires_at=2027-01-15T09:01:00.5%2B01:00", "", "60.500"),
            ("?ttl=60s", "Cache-Control: max-age=60", "60.000"),
            ("?ttl=60s", "Expires: Fri, 15 Jan 2028 08:01:00 GMT", "60.000"),
            ("?expires_at=2027-01-15T08:01:00Z", "Expires: Fri, 15 Jan 2027 08:01:00 GMT", "60.000"),
            ("?idle=20m", "", "1200.000"), ("?idle=20m&ttl=60s", "", "60.000"),
        ])
    func `can be asked for in many ways`(query: String, field: String, expected: String) throws {
        let surface = try Surface()
        #expect(surface.send("PUT /v1/keys/a\(query)", field.isEmpty ? "X: y" : field, text: "v").status == 201)
        #expect(left(surface) == expected)
    }

    @Test(
        arguments: [
            ("?ttl=0", "ttl"), ("?ttl=", "ttl"), ("?ttl=11w1", "ttl"), ("?ttl=3651d", "ttl"), ("?ttl=5s~10", "ttl"),
            ("?idle=5s~10%25", "idle"), ("?idle=keep", "idle"), ("?ttl=keep&idle=5s", "idle"),
            ("?expires_at=2027-01-15T08:00:00", "expires_at"), ("?expires_at=2026-01-15T08:00:00Z", "expires_at"),
            ("?expires_at=2057-01-15T08:00:00Z", "expires_at"),
            ("?ttl=5s&expires_at=2028-01-15T08:00:00Z", "expires_at"),
            ("?tll=5s", "tll"), ("?ttl=5s&ttl=5s", "ttl"), ("?ttl=5s&%74tl=5s", "ttl"), ("?ttl=%zz", "ttl"),
        ])
    func `that cannot be names its parameter`(query: String, parameter: String) throws {
        let surface = try Surface()
        let answer = surface.send("PUT /v1/keys/a\(query)", text: "v")
        #expect(answer.status == 400 && answer.slug == "bad-parameter")
        #expect(answer.text.contains("\"parameter\":\"\(parameter)\""))
        #expect(surface.send("GET /v1/keys/a").status == 404)
    }

    @Test(
        arguments: [
            "Cache-Control: no-store", "Cache-Control: max-age=0", "Cache-Control: max-age=x", "Expires: 0",
            "Cache-Control: max-age=5, max-age=6", "Cache-Control: max-age=999999999", "Content-Range: bytes 0-0/1",
        ])
    func `fields that make no sense are refused`(field: String) throws {
        #expect(try Surface().send("PUT /v1/keys/a", field, text: "v").status == 400)
    }

    @Test func `field and parameter must agree`() throws {
        let surface = try Surface()
        #expect(surface.send("PUT /v1/keys/a?ttl=61s", "Cache-Control: max-age=60", text: "v").slug == "bad-parameter")
        #expect(surface.send("PUT /v1/keys/a?ttl=keep", "Cache-Control: max-age=60", text: "v").slug == "bad-parameter")
        #expect(
            surface.send(
                "PUT /v1/keys/a?expires_at=2027-01-15T08:01:00Z", "Expires: Fri, 15 Jan 2027 08:02:00 GMT", text: "v"
            ).slug == "bad-parameter")
    }

    @Test func `jitter only shortens`() throws {
        let surface = try Surface()
        var seen: Set<String> = []
        for _ in 0..<50 {
            surface.send("PUT /v1/keys/a?ttl=100s~10%25", text: "v")
            let seconds = Double(left(surface) ?? "") ?? 0
            #expect(seconds >= 90 && seconds <= 100)
            seen.insert(left(surface) ?? "")
        }
        #expect(seen.count > 10)
    }

    @Test func `slides with reads that are answered in full`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a?idle=10s", text: "v")
        func afterFive(_ line: String, _ field: String = "X: y") -> String? {
            surface.now = surface.now.advanced(byMilliseconds: 5000)
            surface.send(line, field)
            let left = left(surface)
            surface.send("GET /v1/keys/a")
            return left
        }
        #expect(afterFive("GET /v1/keys/a") == "10.000")
        #expect(afterFive("GET /v1/keys/a", "Range: bytes=0-0") == "10.000")
        #expect(afterFive("GET /v1/keys/a", "If-None-Match: \"9.9\"") == "10.000")
        #expect(afterFive("HEAD /v1/keys/a?touch=true") == "10.000")
        #expect(afterFive("GET /v1/keys/a?touch=true", "If-None-Match: \"1.1\"") == "10.000")
        #expect(afterFive("HEAD /v1/keys/a") == "5.000")
        #expect(afterFive("GET /v1/keys/a", "If-None-Match: \"1.1\"") == "5.000")
        #expect(afterFive("GET /v1/keys/a?touch=false") == "5.000")
    }

    @Test func `keeps, replaces and ends`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a?ttl=60s", text: "1")
        surface.send("PUT /v1/keys/a?ttl=keep", text: "2")
        #expect(left(surface) == "60.000")
        surface.send("POST /v1/keys/a?op=touch&ttl=90s")
        #expect(left(surface) == "90.000")
        #expect(surface.send("POST /v1/keys/a?op=touch").slug == "bad-parameter")
        #expect(surface.send("POST /v1/keys/a?op=touch&ttl=keep").slug == "bad-parameter")
        surface.send("PUT /v1/keys/a", text: "3")
        #expect(left(surface) == nil)
    }

    @Test func `has a stale window behind it`() throws {
        let surface = try Surface()
        #expect(
            surface.send("PUT /v1/keys/a", "Cache-Control: max-age=0, stale-while-revalidate=60", text: "v").status
                == 201)
        surface.now = surface.now.advanced(byMilliseconds: 2500)
        let stale = surface.send("GET /v1/keys/a")
        #expect(stale.status == 200 && stale["Cache-Status"] == "nuthatch; hit; ttl=-3")
        #expect(stale["Nuthatch-TTL"] == "-2.500")
        #expect(surface.send("GET /v1/keys/a?stale=false").status == 404)
        surface.send("PUT /v1/keys/b?ttl=60s", "Cache-Control: stale-while-revalidate=60", text: "v")
        #expect(surface.send("POST /v1/keys/b?op=stale").status == 204)
        #expect(surface.send("GET /v1/keys/b?stale=false").status == 404)
        #expect(surface.send("GET /v1/keys/b").status == 200)
    }
}
