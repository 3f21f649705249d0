import Testing

@Suite struct `a key` {
    @Test func `is stored, read and deleted`() throws {
        let surface = try Surface()
        let created = surface.send("PUT /v1/keys/a?ttl=60s", "Content-Type: text/plain", text: "hello")
        #expect(created.status == 201 && created["ETag"] == "\"1.1\"" && created["Content-Length"] == "0")
        let read = surface.send("GET /v1/keys/a")
        #expect(read.status == 200 && read.text == "hello")
        #expect(read["Content-Type"] == "text/plain" && read["ETag"] == "\"1.1\"" && read["Age"] == "0")
        #expect(read["Nuthatch-TTL"] == "60.000" && read["Cache-Status"] == "nuthatch; hit; ttl=60")
        #expect(read["Cache-Control"] == "no-cache" && read["X-Content-Type-Options"] == "nosniff")
        #expect(read["Content-Security-Policy"] == "sandbox" && read["Content-Length"] == "5")
        #expect(read["Last-Modified"] == "Fri, 15 Jan 2027 08:00:00 GMT")
        #expect(read["Expires"] == "Fri, 15 Jan 2027 08:01:00 GMT")
        let head = surface.send("HEAD /v1/keys/a")
        #expect(head.status == 200 && head.body.isEmpty && head["Content-Length"] == "5")
        #expect(surface.send("PUT /v1/keys/a", text: "b").status == 204)
        #expect(surface.send("DELETE /v1/keys/a").status == 204)
        let missing = surface.send("GET /v1/keys/a")
        #expect(missing.status == 404 && missing.slug == "not-found")
        #expect(missing["Cache-Status"] == "nuthatch; fwd=uri-miss; detail=deleted")
        #expect(missing.text.contains("\"reason\":\"deleted\",\"at\":\"2027-01-15T08:00:00.000Z\""))
    }

    @Test func `has any bytes for a name`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/img/logo.png", text: "1")
        #expect(surface.send("GET /v1/keys/img%2Flogo.png").text == "1")
        surface.send("PUT /v1/keys/-?key64=AP8", text: "2")
        #expect(surface.send("GET /v1/keys/%00%ff").text == "2")
        #expect(surface.send("GET /v1/keys/-").status == 404)
        for bad in ["%", "%4", "%zz", ""] {
            #expect(surface.send("GET /v1/keys/\(bad)").slug == "bad-name", "\(bad)")
        }
        for bad in ["+/8", "A", "%ff"] {
            #expect(surface.send("GET /v1/keys/-?key64=\(bad)").slug == "bad-parameter", "\(bad)")
        }
        #expect(surface.send("GET /v1/keys/-?key64=").slug == "bad-name")
    }

    @Test func `keeps its content fields`() throws {
        let surface = try Surface()
        surface.send(
            "PUT /v1/keys/a", "Content-Type: x/y; z=1", "Content-Language: de", "Content-Language: en",
            "Content-Disposition: attachment; filename=\"a b\"", "Cache-Control: Max-Age=60, private", text: "v")
        let read = surface.send("GET /v1/keys/a")
        #expect(read["Content-Type"] == "x/y; z=1" && read["Content-Language"] == "de, en")
        #expect(read["Content-Disposition"] == "attachment; filename=\"a b\"")
        #expect(read["Cache-Control"] == "Max-Age=60, private")
        surface.send("PUT /v1/keys/a", "Cache-Control: public", text: "v")
        #expect(surface.send("GET /v1/keys/a")["Cache-Control"] == "no-cache")
        #expect(surface.send("GET /v1/keys/a")["Content-Type"] == "application/octet-stream")
    }

    @Test func `gives back what a write replaced or took`() throws {
        let surface = try Surface()
        #expect(surface.send("PUT /v1/keys/a", "Prefer: return=previous", text: "1").status == 201)
        let replaced = surface.send("PUT /v1/keys/a", "Prefer: return=previous", text: "2")
        #expect(replaced.status == 200 && replaced.text == "1" && replaced["ETag"] == "\"1.2\"")
        #expect(replaced["Preference-Applied"] == "return=previous")
        let touched = surface.send("POST /v1/keys/a?op=touch&ttl=5s", "Prefer: return=representation")
        #expect(touched.status == 200 && touched.text == "2" && touched["Nuthatch-TTL"] == "5.000")
        let taken = surface.send("DELETE /v1/keys/a", "Prefer: return=representation")
        #expect(taken.status == 200 && taken.text == "2" && taken["ETag"] == "\"1.2\"")
        #expect(surface.send("DELETE /v1/keys/a", "Prefer: return=representation").status == 404)
    }

    @Test func `sends a large value from where it lies`() throws {
        let surface = try Surface()
        let value = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        surface.send("PUT /v1/keys/a", body: value)
        #expect(surface.send("GET /v1/keys/a").body == value)
        #expect(surface.send("GET /v1/keys/a", "Range: bytes=500-99000").body == Array(value[500...99000]))
    }

    @Test func `is edited in place`() throws {
        let surface = try Surface()
        let created = surface.send("POST /v1/keys/a?op=append", "Content-Type: text/plain", text: "b")
        #expect(created.status == 201 && created.text == "{\"length\":1}\n" && created["ETag"] == "\"1.1\"")
        #expect(surface.send("POST /v1/keys/a?op=prepend", text: "a").text == "{\"length\":2}\n")
        #expect(surface.send("POST /v1/keys/a?op=append", "Accept: text/plain", text: "c").text == "3\n")
        #expect(surface.send("GET /v1/keys/a").text == "abc")
        let refused = surface.send("POST /v1/keys/a?op=append&max_len=3", text: "d")
        #expect(refused.status == 409 && refused.slug == "out-of-bounds" && refused.text.contains("\"value\":3"))
        #expect(surface.send("POST /v1/keys/a?op=truncate&len=1").text == "{\"length\":1}\n")
        let byBody = surface.send(
            "POST /v1/keys/a?op=truncate", "Content-Type: application/json", text: "{\"len\":0}")
        #expect(byBody.text == "{\"length\":0}\n")
        #expect(
            surface.send("POST /v1/keys/a?op=truncate&len=1", "Content-Type: application/json", text: "{\"len\":0}")
                .slug == "bad-parameter")
        #expect(surface.send("POST /v1/keys/b?op=truncate&len=1").status == 404)
        #expect(surface.send("GET /v1/keys/a", "Accept: image/png").status == 200)
        #expect(surface.send("POST /v1/keys/a?op=append", "Accept: image/png", text: "x").status == 406)
        #expect(surface.send("GET /v1/keys/a").text.isEmpty)
    }

    @Test func `keeps the caller's version`() throws {
        let surface = try Surface()
        surface.send("PUT /v1/keys/a", "Nuthatch-Version: 18446744073709551615", text: "x")
        #expect(surface.send("GET /v1/keys/a")["Nuthatch-Version"] == "18446744073709551615")
        let late = surface.send("PUT /v1/keys/a", "Nuthatch-Version: 1", "Nuthatch-If-Version: newer", text: "y")
        #expect(late.status == 409 && late.slug == "stale-version")
        for bad in ["-1", "x", "18446744073709551616"] {
            #expect(surface.send("PUT /v1/keys/a", "Nuthatch-Version: \(bad)", text: "y").status == 400)
        }
        #expect(surface.send("PUT /v1/keys/a", "Nuthatch-If-Version: newer", text: "y").status == 400)
    }
}
