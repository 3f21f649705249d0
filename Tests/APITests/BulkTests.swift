import Testing

@Suite struct `bulk reads` {
    private func query(
        _ surface: Surface, _ body: String, _ type: String = "application/x-ndjson", _ query: String = ""
    ) -> Answer {
        surface.send("QUERY /v1/keys\(query)", "Content-Type: \(type)", text: body)
    }

    @Test func `answer line by line`() throws {
        let surface = try Surface(engine: Surface.embedded())
        surface.send("PUT /v1/keys/a?ttl=60s", text: "one")
        surface.send("PUT /v1/keys/%ff", body: [0xFF, 0])
        let answer = query(
            surface, "{\"key\":\"a\"}\n\n{\"key64\":\"/w==\"}\r\n{\"key\":\"b\"}\nnonsense\n{\"key\":\"a\",\"x\":1}")
        #expect(
            answer.lines.prefix(3) == [
                #"{"line":1,"status":200,"key":"a","value":"one","etag":"1.1","ttl_ms":60000}"#,
                #"{"line":3,"status":200,"key64":"/w==","value64":"/wA=","etag":"1.2","ttl_ms":null}"#,
                #"{"line":4,"key":"b","type":"urn:nuthatch:problem:not-found","title":"Not found","status":404,"#
                    + #""detail":"there is no such key","reason":"never"}"#,
            ])
        #expect(
            answer.lines.count == 5 && answer.lines[3].contains("\"status\":400")
                && answer.lines[4].contains("bad-request"))
        #expect(answer["Content-Length"] != nil && answer["Content-Type"] == "application/x-ndjson")
        let forced = query(surface, "{\"key\":\"a\"}", "application/x-ndjson", "?values=base64")
        #expect(forced.text.contains("\"value64\":\"b25l\""))
    }

    @Test func `take an array too`() throws {
        let surface = try Surface(engine: Surface.embedded())
        surface.send("PUT /v1/keys/a", text: "1")
        let answer = query(surface, " [ \"a\" ,\n{\"key64\":\"YQ==\"}, \"\\u0061\",\"b\" ] ", "application/json")
        #expect(answer.lines.map { $0.contains("\"status\":200") } == [true, true, true, false])
        #expect(query(surface, "[]", "application/json").body.isEmpty)
        for impossible in ["5", "null", "{\"keys\":[]}", "[5]", "[[]]"] {
            #expect(query(surface, impossible, "application/json").slug == "unprocessable", "\(impossible)")
        }
        #expect(query(surface, "[\"a\",", "application/json").slug == "bad-request")
        #expect(query(surface, "[]", "text/plain")["Accept-Query"] != nil)
        #expect(surface.send("POST /v1/keys:query", text: "[]").status == 415)
    }

    @Test func `stream what is large in pieces`() throws {
        let surface = try Surface(engine: Surface.embedded())
        surface.send("PUT /v1/keys/a", text: String(repeating: "x", count: 50_000))
        let body = String(repeating: "{\"key\":\"a\"}\n", count: 20)
        let answer = query(surface, body)
        #expect(answer["Transfer-Encoding"] == "chunked" && answer.lines.count == 20 && surface.pieces >= 5)
        #expect(answer.lines.allSatisfy { $0.count > 50_000 })
        let array = "[" + Array(repeating: "\"a\"", count: 20).joined(separator: ",") + "]"
        #expect(query(surface, array, "application/json").lines.count == 20)
        #expect(query(surface, String(repeating: "{\"key\":\"b\"}\n", count: 10_000)).lines.count == 10_000)
        #expect(query(surface, String(repeating: "{\"key\":\"b\"}\n", count: 10_001)).status == 400)
    }
}

@Suite struct `batches` {
    private func batch(_ surface: Surface, _ lines: [String], _ query: String = "") -> Answer {
        surface.send(
            "POST /v1/keys:batch\(query)", "Content-Type: application/x-ndjson", text: lines.joined(separator: "\n"))
    }

    private func statuses(_ answer: Answer) -> [Int] {
        answer.lines.map { line in
            guard let range = line.firstRange(of: "\"status\":") else { return 0 }
            return Int(line[range.upperBound...].prefix(3)) ?? 0
        }
    }

    @Test func `do each line in order`() throws {
        let surface = try Surface(engine: Surface.embedded())
        let answer = batch(
            surface,
            [
                #"{"op":"put","key":"a","value":"a","ttl":"60s","content_type":"text/plain"}"#,
                #"{"op":"append","key":"a","value":"b"}"#, #"{"op":"get","key":"a"}"#,
                #"{"op":"put","key":"a","value64":"AP8="}"#, #"{"op":"touch","key":"a","ttl":60}"#,
                #"{"op":"delete","key":"a"}"#, #"{"op":"delete","key":"a"}"#,
            ])
        #expect(statuses(answer) == [201, 200, 200, 204, 204, 204, 404])
        #expect(answer.lines[0] == #"{"line":1,"status":201,"etag":"1.1"}"#)
        #expect(answer.lines[1] == #"{"line":2,"status":200,"etag":"1.2","length":2}"#)
        #expect(answer.lines[2].contains("\"value\":\"ab\"") && answer.lines[2].contains("\"ttl_ms\":60000"))
    }

    @Test(
        arguments: [
            #"{"op":"explode","key":"a"}"#, #"{"op":5,"key":"a"}"#, #"{"op":"put","key":"a"}"#,
            #"{"op":"put","value":"x"}"#, #"{"key":"a","value":"x"}"#, #"{"op":"put","key":"","value":"x"}"#,
            #"{"op":"put","key":"a","key64":"YQ==","value":"x"}"#, #"{"op":"put","key":"a","value":"x","value64":""}"#,
            #"{"op":"put","key":"a","value64":"!!"}"#, #"{"op":"put","key":"a","value":"x","ttl":"soon"}"#,
            #"{"op":"put","key":"a","value":"x","ttl":{}}"#, #"{"op":"put","key":"a","value":"x","tll":"5s"}"#,
            #"{"op":"get","key":"a","value":"x"}"#, #"{"op":"touch","key":"a"}"#,
            #"{"op":"touch","key":"a","ttl":"keep"}"#,
            #"{"op":"put","key":"a","value":"x","content_type":"a\r\nb"}"#,
            #"{"op":"put","key":"a","value":"x","if_match":5}"#,
            #"{"op":"put","key":"a","value":"x","if_version":"newer"}"#, "[]", "nonsense",
            #"{"op":"put","key":"a","value":"x","version":-1}"#, #"{"op":"put","key":"a","value":"x"} x"#,
        ])
    func `a bad line fails alone`(line: String) throws {
        let surface = try Surface(engine: Surface.embedded())
        #expect(statuses(batch(surface, [line, #"{"op":"put","key":"b","value":"x"}"#])) == [400, 201])
        #expect(surface.send("GET /v1/keys/a").status == 404)
        let atomic = batch(surface, [#"{"op":"put","key":"c","value":"x"}"#, line], "?atomic=true")
        #expect(atomic.status == 400 && atomic.text.contains("\"line\":2"))
        #expect(surface.send("GET /v1/keys/c").status == 404)
    }

    @Test func `conditions hold per line`() throws {
        let surface = try Surface(engine: Surface.embedded())
        surface.send("PUT /v1/keys/a", text: "1")
        let answer = batch(
            surface,
            [
                #"{"op":"put","key":"a","value":"2","if_match":"0.1"}"#,
                #"{"op":"put","key":"a","value":"3","if_match":"1.1"}"#,
                #"{"op":"put","key":"a","value":"4","if_none_match":"*"}"#,
                #"{"op":"put","key":"b","value":"5","if_none_match":"*","version":"18446744073709551615"}"#,
            ])
        #expect(statuses(answer) == [412, 204, 412, 201])
        #expect(answer.lines[0].contains("\"etag\":\"1.1\"") && answer.lines[0].contains("precondition-failed"))
        #expect(surface.send("GET /v1/keys/b")["Nuthatch-Version"] == "18446744073709551615")
    }

    @Test func `atomic ones do all or nothing`() throws {
        let surface = try Surface(engine: Surface.embedded())
        surface.send("PUT /v1/keys/a", text: "1")
        let failed = batch(
            surface,
            [
                #"{"op":"put","key":"b","value":"x"}"#, "", #"{"op":"delete","key":"a","if_match":"9.9"}"#,
                #"{"op":"put","key":"c","value":"x"}"#,
            ], "?atomic=true")
        #expect(failed.status == 412 && failed.slug == "check-failed")
        #expect(failed.text.contains("\"failed\":[{\"line\":3,") && failed.text.contains("precondition-failed"))
        #expect(surface.send("GET /v1/keys/b").status == 404)
        let done = batch(
            surface, [#"{"op":"get","key":"a"}"#, #"{"op":"put","key":"b","value":"x"}"#, #"{"op":"get","key":"z"}"#],
            "?atomic=true")
        #expect(statuses(done) == [200, 201, 404] && done.lines[0].contains("\"value\":\"1\""))
        let many = (0..<129).map { "{\"op\":\"put\",\"key\":\"k\($0)\",\"value\":\"\"}" }
        #expect(batch(surface, many, "?atomic=true").status == 400)
        #expect(batch(surface, Array(many.dropLast()), "?atomic=true").status == 200)
    }
}
