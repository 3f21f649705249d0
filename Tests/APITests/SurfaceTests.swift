import API
import CacheModel
import HTTP1
import Testing

@Suite struct `the surface` {
    @Test(
        arguments: [
            ("GET /v1/nothing", 404, "no-such-resource"), ("GET /v1/keysx", 404, "no-such-resource"),
            ("GET /V1/keys/a", 404, "no-such-resource"), ("GET /v1/%6beys/a", 404, "no-such-resource"),
            ("GET /healthz/", 404, "no-such-resource"), ("GET /healthz%00", 400, "bad-request"),
            ("GET /v1%4/keys/a", 400, "bad-request"), ("DELETE /healthz", 405, "method-not-allowed"),
            ("PATCH /v1/keys/a", 405, "method-not-allowed"), ("TRACE /v1/keys/a", 405, "method-not-allowed"),
            ("GET /v1/keys:batch", 405, "method-not-allowed"), ("FOO /v1/keys/a", 501, "unknown-method"),
            ("get /v1/keys/a", 501, "unknown-method"), ("GET /healthz?x=1", 400, "bad-parameter"),
            ("POST /v1/keys/a", 400, "bad-parameter"), ("POST /v1/keys/a?op=fail", 400, "bad-parameter"),
        ])
    func `what is not there is refused by its kind`(line: String, status: Int, slug: String) throws {
        let answer = try Surface().send(line)
        #expect(answer.status == status && answer.slug == slug)
        #expect(answer["Content-Type"] == "application/problem+json" && answer["Connection"] == nil)
        if status == 405 { #expect(answer["Allow"]?.contains("OPTIONS") == true) }
    }

    @Test func `OPTIONS tells the methods`() throws {
        let surface = try Surface()
        #expect(surface.send("OPTIONS /v1/keys/a")["Allow"] == "GET, HEAD, PUT, POST, DELETE, OPTIONS")
        let keys = surface.send("OPTIONS /v1/keys")
        #expect(keys.status == 204 && keys["Allow"] == "GET, HEAD, OPTIONS, QUERY" && keys["Accept-Query"] != nil)
        #expect(surface.send("OPTIONS *").status == 204)
        #expect(surface.send("OPTIONS /v1/nothing").status == 404)
    }

    @Test func `an error is one line for who wants text`() throws {
        let surface = try Surface()
        let answer = surface.send("GET /v1/keys/a?tll=%0a", "Accept: text/*")
        #expect(answer.text == "400 bad-parameter: tll: unknown; GET takes touch, stale, wait and key64\n")
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(surface.send("GET /v1/keys/a", "Accept: image/png")["Content-Type"] == "application/problem+json")
    }

    @Test func `every route answers what it is for`() throws {
        let surface = try Surface { $0.openAPI = Array("{}".utf8) }
        #expect(surface.send("GET /healthz").text == "{\"status\":\"ok\"}\n")
        #expect(surface.send("GET /healthz", "Accept: text/plain").text == "ok\n")
        #expect(surface.send("GET /readyz").text.hasPrefix("{\"ready\":true,\"status\":\"ready\""))
        #expect(surface.send("GET /openapi.json").text == "{}")
        #expect(surface.send("GET /metrics").text.hasSuffix("# EOF\n"))
        #expect(surface.send("GET /").text.split(separator: "\n").filter { $0.contains("curl ") }.count == 5)
        let page = surface.send("GET /", "Accept: text/html,*/*;q=0.8")
        #expect(page["Content-Type"] == "text/html; charset=utf-8" && page.text.hasPrefix("<!doctype html>"))
        surface.api.readiness = .draining
        let draining = surface.send("GET /readyz")
        #expect(draining.status == 503 && draining["Retry-After"] == "1")
    }

    @Test func `a request for another host is misdirected where only loopback is served`() throws {
        let surface = try Surface { $0.loopbackOnly = true }
        #expect(surface.send("GET /healthz").status == 200)
        for host in ["127.0.0.1:8379", "[::1]:80", "LOCALHOST", "127.1.2.3"] {
            surface.host = host
            #expect(surface.send("GET /healthz").status == 200, "\(host)")
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "[::2]", "localhost.evil.example", "10.0.0.1:8379"] {
            surface.host = host
            let answer = surface.send("GET /v1/keys/a")
            #expect(answer.status == 421 && answer.slug == "misdirected-request", "\(host)")
        }
    }

    @Test func `a page of another origin changes nothing where no token is needed`() throws {
        let surface = try Surface()
        #expect(surface.send("POST /v1/keys/a?op=append", "Origin: http://evil.example", text: "x").status == 403)
        #expect(surface.send("POST /v1/keys/a?op=append", "Origin: null", text: "x").status == 403)
        #expect(surface.send("POST /v1/keys/a?op=append", "Origin: http://localhost", text: "x").status == 201)
        #expect(surface.send("GET /v1/keys/a", "Origin: http://evil.example").status == 200)
    }

    @Test func `a value over the limit is refused by its head`() throws {
        let surface = try Surface { $0.limits.valueBytes = 10 }
        let refused = surface.send("PUT /v1/keys/a", text: "12345678901")
        #expect(refused.status == 413 && refused["Connection"] == "close" && refused.text.contains("\"limit\":10"))
        #expect(surface.send("PUT /v1/keys/a", text: "1234567890").status == 201)
    }

    @Test func `what the parser refuses is a problem too`() throws {
        let answer = try Surface().send("GET /v1/keys/a", "Bad Name: x")
        #expect(answer.status == 400 && answer.slug == "bad-request" && answer["Connection"] == "close")
    }
}

@Suite struct `access` {
    private let tokens = "# the tokens\nfull secret-full-token\n\nread\tsecret-read-token\r\n"

    private func surface() throws -> Surface { try Surface(engine: ModelEngine(), tokens: tokens) }

    @Test func `nothing is told to strangers`() throws {
        let surface = try surface()
        for line in ["GET /v1/keys/a", "GET /v1/nothing", "GET /metrics", "PUT /healthz", "OPTIONS *"] {
            let answer = surface.send(line)
            #expect(answer.status == 401 && answer["WWW-Authenticate"] == "Bearer realm=\"nuthatch\"", "\(line)")
        }
        for wrong in ["Bearer", "Bearer secret", "Basic secret-full-token", "secret-full-token"] {
            #expect(surface.send("GET /v1/keys/a", "Authorization: \(wrong)").status == 401)
        }
        #expect(surface.send("GET /healthz").status == 200)
        #expect(surface.send("GET /readyz").text == "{\"ready\":true}\n")
    }

    @Test func `a token does what it is for`() throws {
        let surface = try surface()
        let full = "Authorization: bearer secret-full-token"
        let read = "Authorization: Bearer secret-read-token"
        #expect(surface.send("PUT /v1/keys/a", full, text: "x").status == 201)
        #expect(surface.send("GET /v1/keys/a", read).text == "x")
        #expect(surface.send("GET /v1/keys", read).status == 200)
        #expect(surface.send("QUERY /v1/keys", read, "Content-Type: application/json", text: "[\"a\"]").status == 200)
        for line in ["PUT /v1/keys/a", "DELETE /v1/keys/zz", "POST /v1/keys/a?op=append", "POST /v1/keys:batch"] {
            let answer = surface.send(line, read)
            #expect(answer.status == 403 && answer.slug == "forbidden" && answer.text.contains("\"needs\":\"write\""))
        }
    }

    @Test func `tokens can be exchanged while the server runs`() throws {
        let surface = try surface()
        surface.api.access = try AccessPolicy.parse(Array("full another-token".utf8).span)
        #expect(surface.send("GET /v1/keys/a", "Authorization: Bearer secret-full-token").status == 401)
        #expect(surface.send("GET /v1/keys/a", "Authorization: Bearer another-token").status == 404)
    }

    @Test func `a digest stands for its token but opens nothing itself`() throws {
        // SHA-256 of "known-by-hash"
        let surface = try Surface(
            tokens: "full sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        #expect(surface.send("GET /v1/keys/a", "Authorization: Bearer test").status == 404)
        #expect(
            surface.send(
                "GET /v1/keys/a",
                "Authorization: Bearer 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            ).status == 401)
    }

    @Test(arguments: [
        "full", "admin token", "full sha256:xyz", "full two words", "token", "fulltoken", "read a\u{0}b", "full ===",
    ])
    func `a bad line is named by its number`(line: String) {
        #expect(throws: AccessPolicy.ParseFailure.self) {
            try AccessPolicy.parse(Array("read good\n\(line)\n".utf8).span)
        }
        do {
            _ = try AccessPolicy.parse(Array("read good\n\(line)\n".utf8).span)
        } catch {
            #expect(error.line == 2)
        }
    }
}
