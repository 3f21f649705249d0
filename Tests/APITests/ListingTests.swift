import API
import Testing

@Suite struct `listings` {
    private func fill(_ surface: Surface, _ names: [String]) {
        for name in names { surface.send("PUT /v1/keys/\(name)?ttl=60s", text: "12345") }
    }

    private func keys(_ answer: Answer) -> [String] {
        answer.text.split(separator: "\"key\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    private func next(_ answer: Answer) -> String? {
        guard let range = answer.text.firstRange(of: "\"next\":\"") else { return nil }
        return String(answer.text[range.upperBound...].prefix { $0 != "\"" })
    }

    private func everything(_ surface: Surface, _ query: String, limit: Int) -> [String] {
        var seen: [String] = []
        var cursor = ""
        while true {
            let page = surface.send("GET /v1/keys?limit=\(limit)&\(query)\(cursor)")
            #expect(page.status == 200 && keys(page).count <= limit)
            seen += keys(page)
            guard let next = next(page) else { return seen }
            #expect(page["Link"] == "</v1/keys?limit=\(limit)&\(query)&cursor=\(next)>; rel=\"next\"")
            cursor = "&cursor=\(next)"
        }
    }

    @Test(arguments: [1, 2, 3, 4, 7, 40, 1000], [1, 3, 10])
    func `a walk shows every key, no page more than its limit`(limit: Int, stepRows: Int) throws {
        let surface = try Surface(engine: ModelEngine(stepRows: stepRows))
        let names = (0..<50).map { "p\($0)" }
        fill(surface, names + ["q"])
        let seen = everything(surface, "prefix=p", limit: limit)
        #expect(Set(seen) == Set(names))
        #expect(seen.count == names.count)
    }

    @Test func `members are shown where asked for`() throws {
        let surface = try Surface(engine: Surface.embedded())
        fill(surface, ["a"])
        #expect(surface.send("GET /v1/keys").text == #"{"items":[{"key":"a"}],"order":"none","next":null}"# + "\n")
        #expect(
            surface.send("GET /v1/keys?fields=ttl,size,etag,type").text
                == #"{"items":[{"key":"a","ttl_ms":60000,"size":5,"etag":"1.1","type":"string"}],"#
                + #""order":"none","next":null}"#
                + "\n")
        let lines = surface.send("GET /v1/keys", "Accept: application/x-ndjson")
        #expect(lines.text == "{\"key\":\"a\"}\n" && lines["Content-Type"] == "application/x-ndjson")
        surface.send("PUT /v1/keys/%ff", text: "")
        #expect(surface.send("GET /v1/keys?prefix64=_w").text.contains(#"{"key64":"/w=="}"#))
        #expect(surface.send("HEAD /v1/keys").body.isEmpty)
    }

    @Test(arguments: ["delimiter=/", "start=a", "end64=eg", "order=bytes"])
    func `what needs the index is 409 without it`(query: String) throws {
        #expect(try Surface(engine: Surface.embedded()).send("GET /v1/keys?\(query)").slug == "not-indexed")
    }

    @Test func `an ordered list folds, bounds and goes on exactly`() throws {
        let surface = try Surface(engine: ModelEngine(indexed: true)) { $0.orderedKeys = true }
        fill(surface, ["p/a", "p/b/1", "p/b/2", "p/d", "p/e/4", "q"])
        #expect(everything(surface, "prefix=p/", limit: 2) == ["p/a", "p/b/1", "p/b/2", "p/d", "p/e/4"])
        #expect(everything(surface, "start=p/b/2&end=q", limit: 1) == ["p/b/2", "p/d", "p/e/4"])
        let folded = surface.send("GET /v1/keys?prefix=p/&delimiter=/").text
        #expect(folded.contains(#""items":[{"key":"p/a"},{"key":"p/d"}],"prefixes":["p/b/","p/e/"],"order":"bytes""#))
        #expect(everything(surface, "prefix=p/&delimiter=/", limit: 1) == ["p/a", "p/d"])
    }

    @Test func `a cursor is good for its own query only`() throws {
        let surface = try Surface(engine: Surface.embedded())
        fill(surface, (0..<9).map { "p\($0)" })
        let cursor = try #require(next(surface.send("GET /v1/keys?prefix=p&limit=2")))
        #expect(surface.send("GET /v1/keys?prefix=p&limit=9&cursor=\(cursor)").status == 200)
        for query in [
            "cursor=\(cursor)", "prefix=q&cursor=\(cursor)", "prefix=p&cursor=B\(cursor.dropFirst())",
            "prefix=p&cursor=",
        ] {
            #expect(surface.send("GET /v1/keys?\(query)").slug == "bad-cursor", "\(query)")
        }
        let other = try Surface(engine: Surface.embedded())
        #expect(other.send("GET /v1/keys?prefix=p&cursor=\(cursor)").slug == "bad-cursor")
    }

    @Test(
        arguments: [
            ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=+5", "limit"), ("fields=groups", "fields"),
            ("prefix64=***", "prefix64"), ("order=up", "order"), ("delimiter=", "delimiter"), ("x=1", "x"),
            ("prefix=a&prefix64=YQ", "prefix64"), ("ttl=5s", "ttl"),
        ])
    func `a bad parameter names itself`(query: String, parameter: String) throws {
        let answer = try Surface(engine: Surface.embedded()).send("GET /v1/keys?\(query)")
        #expect(answer.slug == "bad-parameter" && answer.text.contains("\"parameter\":\"\(parameter)\""))
    }
}
