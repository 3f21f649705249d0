import CacheModel
import Testing

@testable import API

/// `Content-Type` of what these tests send.
private let json = "Content-Type: application/json"

extension Surface {
    @discardableResult
    fileprivate func board(_ settings: String = "{}", _ name: String = "race") -> Answer {
        send("PUT /v1/leaderboards/\(name)", json, text: settings)
    }

    @discardableResult
    fileprivate func submit(_ member: String, _ body: String, _ query: String = "") -> Answer {
        send("POST /v1/leaderboards/race/members/\(member)\(query)", json, text: body)
    }

    fileprivate func ranking(_ query: String = "") -> Answer { send("GET /v1/leaderboards/race/ranking\(query)") }
}

extension Answer {
    /// All values a member has in the text, as they stand there.
    fileprivate func all(_ name: String) -> [String] {
        text.components(of: "\"\(name)\":")
    }
}

extension String {
    fileprivate func components(of name: String) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: name) {
            rest = rest[range.upperBound...]
            found.append(String(rest.prefix { $0 != "," && $0 != "}" }))
        }
        return found
    }
}

@Suite struct `leaderboards` {
    @Test func `are made, shown, changed within limits, and removed`() throws {
        let surface = try Surface()
        let made = surface.board(
            #"{"columns":["desc","asc"],"update":"sum","ties":"last","windows":["day","rolling:7d","all"],"#
                + #""tz":"+02:00","week_start":"sun","reset":"weekly:mon@00:30","max_size":10,"min":-5,"max":5,"#
                + #""max_delta":3,"groups":["country"],"dense":true,"keep_seasons":2}"#)
        #expect(made.status == 201 && made["ETag"] == "\"1.1\"")
        let shown = surface.send("GET /v1/leaderboards/race")
        #expect(
            shown.text
                == #"{"columns":["desc","asc"],"update":"sum","ties":"last","windows":["day","rolling:7d","all"],"#
                + #""tz":"+02:00","week_start":"sun","reset":"weekly:mon@00:30","max_size":10,"min":-5,"max":5,"#
                + #""max_delta":3,"groups":["country"],"dense":true,"keep_seasons":2,"members":0,"season":1,"#
                + #""season_started_at":"2027-01-15T08:00:00.000Z","resets_at":"2027-01-17T22:30:00.000Z","#
                + #""etag":"1.1"}"# + "\n")
        #expect(surface.board(#"{"columns":["asc"]}"#).slug == "settings-differ")
        let same =
            #"{"columns":["desc","asc"],"update":"sum","ties":"last","windows":["day","rolling:7d","all"],"#
            + #""tz":"+02:00","week_start":"sun","groups":["country"],"dense":true,"max_size":5,"reset":null}"#
        #expect(surface.board(same).status == 204)
        #expect(surface.send("GET /v1/leaderboards/race").text.contains(#""reset":null,"max_size":5,"min":null"#))
        #expect(surface.send("DELETE /v1/leaderboards/race").status == 204)
        #expect(surface.send("DELETE /v1/leaderboards/race").slug == "not-found")
        #expect(surface.send("GET /v1/leaderboards/race").slug == "not-found")
    }

    @Test(arguments: [
        (#"{"columns":[]}"#, 422, "/columns"), (#"{"columns":["desc","desc","desc","desc"]}"#, 422, "/columns"),
        (#"{"columns":["up"]}"#, 422, "/columns"), (#"{"update":"worst"}"#, 422, "/update"),
        (#"{"ties":"none"}"#, 422, "/ties"), (#"{"windows":[]}"#, 422, "/windows"),
        (#"{"windows":["all","all"]}"#, 422, "/windows"), (#"{"windows":["rolling:0d"]}"#, 422, "/windows"),
        (#"{"windows":["rolling:367d"]}"#, 422, "/windows"), (#"{"windows":["month"]}"#, 422, "/windows"),
        (#"{"tz":"Mars/Base"}"#, 422, "/tz"), (#"{"week_start":"monday"}"#, 422, "/week_start"),
        (#"{"reset":"weekly:mon"}"#, 422, "/reset"), (#"{"reset":"weekly:mon@24:00"}"#, 422, "/reset"),
        (#"{"reset":"monthly:29@00:00"}"#, 422, "/reset"), (#"{"max_size":0}"#, 422, "/max_size"),
        (#"{"max_delta":-1}"#, 422, "/max_delta"), (#"{"min":2,"max":1}"#, 422, "/min"),
        (#"{"groups":["a:b"]}"#, 422, "/groups"), (#"{"groups":["a","a"]}"#, 422, "/groups"),
        (#"{"keep_seasons":1001}"#, 422, "/keep_seasons"), (#"{"colour":1}"#, 400, "/colour"),
        (#"{"min":1.0}"#, 400, "/min"), (#"{"dense":1}"#, 400, "/dense"), ("[]", 400, ""), ("{", 400, ""),
    ])
    func `name the setting that cannot be`(settings: String, status: Int, pointer: String) throws {
        let surface = try Surface()
        let answer = surface.board(settings)
        #expect(answer.status == status, "\(settings) gives \(answer.text)")
        if !pointer.isEmpty { #expect(answer.text.contains("\"pointer\":\"\(pointer)\""), "\(answer.text)") }
        #expect(surface.send("GET /v1/leaderboards/race").status == 404)
    }

    @Test func `say what a submission did`() throws {
        let surface = try Surface()
        surface.board(#"{"windows":["all","day"]}"#)
        #expect(
            surface.submit("alice", #"{"score":10}"#).text
                == #"{"changed":true,"previous":null,"score":10,"rank":1,"previous_rank":null,"of":1,"#
                + #""windows":{"all":{"score":10,"rank":1,"of":1},"day":{"score":10,"rank":1,"of":1}}}"# + "\n")
        surface.submit("bob", #"{"score":20}"#)
        let raised = surface.submit("alice", #"{"score":30}"#)
        #expect(raised.text.hasPrefix(#"{"changed":true,"previous":10,"score":30,"rank":1,"previous_rank":2,"of":2,"#))
        let worse = surface.submit("alice", #"{"score":5}"#)
        #expect(worse.text.hasPrefix(#"{"changed":false,"previous":30,"score":30,"rank":1,"previous_rank":1,"of":2,"#))
    }

    @Test func `keep every bit of a score`() throws {
        let surface = try Surface()
        surface.board()
        for (member, score) in [
            ("a", "9007199254740993"), ("b", "9007199254740992"), ("c", "9223372036854775807"),
            ("d", "-9223372036854775808"), ("e", "-9007199254740993"),
        ] { #expect(surface.submit(member, "{\"score\":\(score)}").all("score").first == score) }
        #expect(
            surface.ranking().all("score") == [
                "9223372036854775807", "9007199254740993", "9007199254740992", "-9007199254740993",
                "-9223372036854775808",
            ])
        #expect(surface.ranking("?int=string&limit=1").all("score") == ["\"9223372036854775807\""])
        #expect(surface.submit("a", #"{"score":"9223372036854775806"}"#, "?int=string").status == 200)
        #expect(surface.ranking("?min=9007199254740993&max=9223372036854775806").all("member") == ["\"a\""])
        #expect(surface.ranking("?max=-9223372036854775808").all("member") == ["\"d\""])
    }

    @Test(arguments: [
        (#"{"score":1.5}"#, 422, "/score"), (#"{"score":1e3}"#, 422, "/score"), (#"{"score":1.0}"#, 422, "/score"),
        (#"{"score":"1"}"#, 422, "/score"), (#"{"score":null}"#, 422, "/score"),
        (#"{"score":9223372036854775808}"#, 422, "/score"), (#"{"score":[]}"#, 422, "/score"),
        (#"{"score":[1,2]}"#, 422, "/score"), (#"{"score":[1,2,3,4]}"#, 422, "/score"), ("{}", 422, "/score"),
        (#"{"score":1,"groups":{"planet":"x"}}"#, 422, nil), (#"{"score":1,"groups":{"team":""}}"#, 422, "/groups"),
        (#"{"score":1,"season":9}"#, 422, nil), (#"{"score":1,"season":0}"#, 422, "/season"),
        (#"{"score":1,"points":1}"#, 400, nil), (#"{"score":1,"score":2}"#, 400, nil), ("1", 400, nil), ("", 400, nil),
    ])
    func `refuse what is no score`(body: String, status: Int, pointer: String?) throws {
        let surface = try Surface()
        surface.board(#"{"groups":["team"]}"#)
        let answer = surface.submit("a", body)
        #expect(answer.status == status, "\(body) gives \(answer.text)")
        if let pointer { #expect(answer.text.contains("\"pointer\":\"\(pointer)\""), "\(answer.text)") }
        #expect(surface.ranking().text == #"{"items":[],"of":0,"next":null}"# + "\n")
    }

    @Test func `rank in three ways, and by percentile`() throws {
        let surface = try Surface()
        surface.board(#"{"dense":true}"#)
        for (member, score) in [("a", 9), ("b", 7), ("c", 7), ("d", 5)] {
            surface.submit(member, "{\"score\":\(score)}")
        }
        let rows = surface.ranking()
        #expect(rows.all("rank") == ["1", "2", "2", "4"] && rows.all("position") == ["1", "2", "3", "4"])
        #expect(rows.all("percentile") == ["75", "25", "25", "0"] && rows.all("member").first == "\"a\"")
        #expect(surface.ranking("?rank=dense").all("rank") == ["1", "2", "2", "3"])
        #expect(surface.ranking("?rank=dense&from=3").all("rank") == ["2", "3"])
        #expect(surface.ranking("?rank=ordinal").all("rank") == ["1", "2", "3", "4"])
        #expect(surface.ranking("?rank=odd").slug == "bad-parameter")
        surface.board("{}", "plain")
        #expect(surface.send("GET /v1/leaderboards/plain/ranking?rank=dense").slug == "not-indexed")
    }

    @Test func `page by place, by score and by a cursor that members may move around`() throws {
        let surface = try Surface()
        surface.board()
        for number in 1...20 { surface.submit("m\(number)", "{\"score\":\(number * 10)}") }
        #expect(surface.ranking("?from=3&limit=2").all("score") == ["180", "170"])
        #expect(surface.ranking("?min=50&max=70").all("score") == ["70", "60", "50"])
        #expect(surface.ranking("?min=50&max=70&from=2&limit=1").all("score") == ["60"])
        #expect(surface.ranking("?min=70&max=50").slug == "bad-parameter")
        var seen: [String] = []
        var page = surface.ranking("?limit=6&min=1")
        for round in 0... {
            seen += page.all("member")
            // Somebody behind overtakes all, somebody before falls behind.
            surface.submit("m2", "{\"score\":\(1000 + round)}")
            surface.send("PUT /v1/leaderboards/race/members/m19", json, text: #"{"score":1}"#)
            let next = page.all("next")[0]
            if next == "null" { break }
            page = surface.ranking("?limit=6&min=1&cursor=\(next.dropFirst().dropLast())")
        }
        let others = (1...20).filter { $0 != 2 && $0 != 19 }.map { "\"m\($0)\"" }
        for member in others { #expect(seen.count { $0 == member } == 1, "\(member) in \(seen)") }
        let first = surface.ranking("?limit=6")
        #expect(first["Link"]?.hasPrefix("</v1/leaderboards/race/ranking?limit=6&cursor=") == true)
        let cursor = first.all("next")[0].dropFirst().dropLast()
        #expect(surface.ranking("?limit=6&min=2&cursor=\(cursor)").slug == "bad-cursor")
        #expect(surface.ranking("?cursor=AAAA").slug == "bad-cursor")
        #expect(surface.ranking("?cursor=\(cursor)&from=1").slug == "bad-parameter")
        #expect(
            surface.send("GET /v1/leaderboards/race/ranking?limit=2", "Accept: application/x-ndjson").lines.count == 2)
    }

    @Test func `show a member among its neighbours`() throws {
        let surface = try Surface()
        surface.board(#"{"groups":["team"]}"#)
        for number in 1...9 {
            surface.submit(
                "m\(number)",
                "{\"score\":\(number),\"groups\":{\"team\":\"t\(number % 2)\"},\"meta\":{\"n\":\(number)}}")
        }
        let row = surface.send("GET /v1/leaderboards/race/members/m5")
        #expect(
            row.text == #"{"member":"m5","score":5,"rank":5,"position":5,"percentile":44.44,"of":9,"meta":{"n":5}}"#
                + "\n")
        let around = surface.send("GET /v1/leaderboards/race/members/m5?around=2&group=team:t1")
        #expect(around.all("score") == ["5", "9", "7", "5", "3", "1"] && around.all("rank").first == "3")
        #expect(surface.send("GET /v1/leaderboards/race/members/m9?around=1").all("score") == ["9", "9", "8"])
        #expect(surface.send("GET /v1/leaderboards/race/members/m5?group=team:t0").slug == "not-found")
        #expect(surface.send("GET /v1/leaderboards/race/members/m5?group=team").slug == "bad-parameter")
        #expect(surface.send("GET /v1/leaderboards/race/members/m5?group=land:x").status == 422)
        #expect(surface.send("GET /v1/leaderboards/race/members/m5?window=day").slug == "window-not-kept")
        #expect(surface.send("GET /v1/leaderboards/race/members/m5?window=fortnight").slug == "bad-parameter")
        #expect(surface.send("GET /v1/leaderboards/race/members/nobody").slug == "not-found")
    }

    @Test func `compare some members`() throws {
        let surface = try Surface()
        surface.board()
        for (member, score) in [("a", 9), ("b", 7), ("c", 7), ("d", 5)] {
            surface.submit(member, "{\"score\":\(score)}")
        }
        let body = #"{"members":["d","x","c","b"]}"#
        for line in ["QUERY /v1/leaderboards/race/ranking", "POST /v1/leaderboards/race/ranking/query"] {
            let answer = surface.send(line, json, text: body)
            #expect(answer.all("member") == [#""d""#, #""x""#, #""c""#, #""b""#], "\(answer.text)")
            #expect(answer.all("rank") == ["4", "null", "2", "2"] && answer.all("rank_in_set") == ["3", "1", "1"])
        }
        #expect(surface.send("QUERY /v1/leaderboards/race/ranking", text: body).status == 415)
        for bad in [#"{"members":[]}"#, #"{"members":[1]}"#, "[]", #"{"people":["a"]}"#] {
            #expect(surface.send("QUERY /v1/leaderboards/race/ranking", json, text: bad).status == 422, "\(bad)")
        }
        let many = (0..<10_000).map { "\"m\($0)\"" }.joined(separator: ",")
        let all = surface.send("QUERY /v1/leaderboards/race/ranking", json, text: "{\"members\":[\(many)]}")
        #expect(all.status == 200 && all.all("member").count == 10_000)
        let more = surface.send("QUERY /v1/leaderboards/race/ranking", json, text: "{\"members\":[\(many),\"a\"]}")
        #expect(more.status == 422)
    }

    @Test func `take batches line by line`() throws {
        let surface = try Surface()
        surface.board()
        let answer = surface.send(
            "POST /v1/leaderboards/race/batch", "Content-Type: application/x-ndjson",
            text: """
                {"member":"a","score":1}
                {"member":"a","score":2}

                {"member":"b","score":1.5}
                {"score":1}
                nonsense
                {"member64":"/w==","score":3}
                """)
        #expect(answer.status == 200 && answer.lines.count == 6)
        #expect(
            answer.lines[1].hasPrefix(#"{"line":2,"status":200,"member":"a","changed":true,"previous":1,"score":2"#))
        #expect(answer.lines[2].contains(#""line":4"#) && answer.lines[2].contains(#""pointer":"/score""#))
        #expect(answer.lines[3].contains("bad-request") && answer.lines[4].contains("bad-request"))
        #expect(answer.lines[5].contains(#""member64":"/w==""#) && answer.lines[5].contains(#""rank":1"#))
        let missing = surface.send(
            "POST /v1/leaderboards/none/batch", "Content-Type: application/x-ndjson", text: "{}")
        #expect(missing.slug == "not-found")
        #expect(surface.send("POST /v1/leaderboards/race/batch", json, text: "{}").status == 415)
        let lines = String(repeating: "{\"member\":\"z\",\"score\":1}\n", count: 10_001)
        #expect(
            surface.send("POST /v1/leaderboards/race/batch", "Content-Type: application/x-ndjson", text: lines).status
                == 400)
    }

    @Test func `keep to bounds, which who manages may pass`() throws {
        let surface = try Surface()
        surface.board(#"{"update":"last","min":0,"max":100,"max_delta":10}"#)
        #expect(surface.submit("a", #"{"score":50}"#).status == 200)
        for score in [-1, 101, 61, 39] {
            let answer = surface.submit("a", "{\"score\":\(score)}")
            #expect(answer.slug == "out-of-bounds" && answer.text.contains("\"value\":50"), "\(answer.text)")
        }
        #expect(surface.submit("a", #"{"score":60}"#).status == 200)
        #expect(surface.send("PUT /v1/leaderboards/race/members/a", json, text: #"{"score":5000}"#).status == 204)
        #expect(surface.ranking().all("score") == ["5000"])
        #expect(surface.send("DELETE /v1/leaderboards/race/members/a").status == 204)
        #expect(surface.send("DELETE /v1/leaderboards/race/members/a").slug == "not-found")
        surface.board(#"{"update":"sum"}"#, "sums")
        surface.send("POST /v1/leaderboards/sums/members/a", json, text: #"{"score":9223372036854775807}"#)
        let over = surface.send("POST /v1/leaderboards/sums/members/a", json, text: #"{"score":1}"#)
        #expect(over.slug == "out-of-bounds" && over.text.contains("9223372036854775807"))
    }

    @Test func `let the worst leave when they are full`() throws {
        let surface = try Surface()
        surface.board(#"{"max_size":2}"#)
        surface.submit("a", #"{"score":1}"#)
        surface.submit("b", #"{"score":2}"#)
        #expect(surface.submit("c", #"{"score":3}"#).text.contains(#""rank":1"#))
        #expect(surface.ranking().all("member") == ["\"c\"", "\"b\""])
        let outside = surface.submit("d", #"{"score":0}"#)
        #expect(
            outside.text.hasPrefix(
                #"{"changed":false,"previous":null,"score":null,"rank":null,"previous_rank":null,"of":2"#))
        #expect(surface.submit("e", #"{"score":2}"#).text.contains(#""rank":null"#))
    }

    @Test func `close seasons with rewards, and keep them as they were`() throws {
        let surface = try Surface()
        surface.board(#"{"keep_seasons":2}"#)
        for number in 1...10 { surface.submit("m\(number)", "{\"score\":\(number)}") }
        let closed = surface.send(
            "POST /v1/leaderboards/race/close", json, text: #"{"rewards":[{"top":3},{"percentile":50}]}"#)
        #expect(closed.status == 201 && closed.text == "{\"season\":1}\n")
        #expect(surface.ranking().text.contains("\"of\":0"))
        surface.submit("m1", #"{"score":77,"season":2}"#)
        #expect(surface.submit("m2", #"{"score":1,"season":1}"#).slug == "season-closed")
        let seasons = surface.send("GET /v1/leaderboards/race/seasons")
        #expect(
            seasons.text
                == #"{"items":[{"season":1,"started_at":"2027-01-15T08:00:00.000Z","#
                + #""closed_at":"2027-01-15T08:00:00.000Z","members":10,"#
                + #""rewards":[{"top":3,"members":3},{"percentile":50,"members":5}]},"#
                + #"{"season":2,"started_at":"2027-01-15T08:00:00.000Z","closed_at":null,"members":1,"rewards":[]}],"#
                + #""next":null}"# + "\n")
        let rows = surface.send("GET /v1/leaderboards/race/seasons/1/ranking?from=3&limit=2")
        #expect(
            rows.text.contains(#""member":"m8","score":8,"#) && rows.text.contains(#"[{"top":3},{"percentile":50}]"#))
        #expect(rows.text.contains(#""rewards":[{"percentile":50}]"#))
        let lines = surface.send("GET /v1/leaderboards/race/seasons/1/ranking", "Accept: application/x-ndjson")
        #expect(lines.lines.count == 10)
        #expect(surface.send("GET /v1/leaderboards/race/seasons/9/ranking").slug == "not-found")
        #expect(surface.send("GET /v1/leaderboards/race/seasons/x/ranking").slug == "not-found")
        for bad in [#"{"rewards":[{"top":0}]}"#, #"{"rewards":[{"best":1}]}"#, #"{"prizes":[]}"#] {
            #expect(surface.send("POST /v1/leaderboards/race/close", json, text: bad).status == 422, "\(bad)")
        }
        surface.send("POST /v1/leaderboards/race/close")
        surface.send("POST /v1/leaderboards/race/close")
        #expect(surface.send("GET /v1/leaderboards/race/seasons").all("season") == ["2", "3", "4"])
    }

    @Test func `export a long season in pieces`() throws {
        let surface = try Surface()
        surface.board()
        for start in stride(from: 0, to: 3500, by: 500) {
            let lines = (start..<start + 500).map { "{\"member\":\"m\($0)\",\"score\":\($0 / 3)}" }
            surface.send(
                "POST /v1/leaderboards/race/batch", "Content-Type: application/x-ndjson",
                text: lines.joined(separator: "\n"))
        }
        surface.send("POST /v1/leaderboards/race/close")
        let before = surface.pieces
        let answer = surface.send("GET /v1/leaderboards/race/seasons/1/ranking", "Accept: application/x-ndjson")
        #expect(answer.lines.count == 3500 && surface.pieces - before >= 3)
        #expect(Set(answer.all("member")).count == 3500)
        #expect(answer.all("position") == (1...3500).map(String.init))
    }

    @Test func `close by the calendar`() throws {
        let surface = try Surface()
        surface.board(#"{"reset":"weekly:mon@00:00","windows":["all","day"]}"#)
        surface.submit("a", #"{"score":1}"#)
        surface.now = surface.now.advanced(byMilliseconds: 9 * 86_400_000)
        #expect(surface.ranking().text.contains("\"of\":0"))
        let seasons = surface.send("GET /v1/leaderboards/race/seasons")
        #expect(seasons.all("closed_at") == [#""2027-01-18T00:00:00.000Z""#, "null"])
        #expect(surface.submit("a", #"{"score":1,"season":1}"#).slug == "season-closed")
    }

    @Test func `count scores in a histogram`() throws {
        let surface = try Surface()
        surface.board()
        #expect(
            surface.send("GET /v1/leaderboards/race/stats").text
                == #"{"count":0,"min":null,"max":null,"buckets":[]}"# + "\n")
        for number in 0..<10 { surface.submit("m\(number)", "{\"score\":\(number)}") }
        #expect(
            surface.send("GET /v1/leaderboards/race/stats?buckets=4").text
                == #"{"count":10,"min":0,"max":9,"buckets":[{"from":0,"through":2,"count":3},"#
                + #"{"from":3,"through":5,"count":3},{"from":6,"through":8,"count":3},"#
                + #"{"from":9,"through":9,"count":1}]}"#
                + "\n")
        surface.submit("low", #"{"score":-9223372036854775808}"#)
        surface.submit("high", #"{"score":9223372036854775807}"#)
        let wide = surface.send("GET /v1/leaderboards/race/stats?buckets=1")
        #expect(wide.all("count") == ["12", "12"] && wide.all("through") == ["9223372036854775807"])
        #expect(surface.send("GET /v1/leaderboards/race/stats?buckets=0").slug == "bad-parameter")
    }

    @Test func `are managed by those who may`() throws {
        let surface = try Surface(tokens: "full boss\nwrite player\nread viewer")
        let (boss, player, viewer) = (
            "Authorization: Bearer boss", "Authorization: Bearer player", "Authorization: Bearer viewer"
        )
        let path = "/v1/leaderboards/race"
        #expect(surface.send("PUT \(path)", player, json, text: "{}").text.contains("\"needs\":\"manage\""))
        #expect(surface.send("PUT \(path)", boss, json, text: "{}").status == 201)
        #expect(surface.send("POST \(path)/members/a", player, json, text: #"{"score":1}"#).status == 200)
        #expect(surface.send("POST \(path)/members/a", viewer, json, text: #"{"score":1}"#).status == 403)
        for line in ["PUT \(path)/members/a", "DELETE \(path)/members/a", "DELETE \(path)", "POST \(path)/close"] {
            #expect(surface.send(line, player, json, text: #"{"score":1}"#).status == 403, "\(line)")
        }
        #expect(surface.send("GET \(path)/ranking", viewer).status == 200)
        #expect(surface.send("PUT \(path)/members/a", boss, json, text: #"{"score":1}"#).status == 204)
    }

    @Test func `have names of any bytes, and paths of one spelling`() throws {
        let surface = try Surface()
        #expect(surface.send("PUT /v1/leaderboards/a%2Fb%00", json, text: "{}").status == 201)
        #expect(surface.send("GET /v1/leaderboards/-?key64=YS9iAA").status == 200)
        #expect(
            surface.send("POST /v1/leaderboards/a%2Fb%00/members/%FF%2F", json, text: #"{"score":1}"#).status == 200)
        #expect(surface.send("GET /v1/leaderboards/a%2Fb%00/ranking").text.contains(#""member64":"/y8=""#))
        #expect(surface.send("GET /v1/leaderboards/").slug == "bad-name")
        #expect(surface.send("GET /v1/leaderboards/a%4").slug == "bad-name")
        for unknown in [
            "race/", "race/members", "race/members/a/b", "race/rankings", "race/seasons/1", "race/ranking/x",
        ] {
            #expect(surface.send("GET /v1/leaderboards/\(unknown)").slug == "no-such-resource", "\(unknown)")
        }
        #expect(surface.send("PATCH /v1/leaderboards/race").status == 405)
        let options = surface.send("OPTIONS /v1/leaderboards/race/ranking")
        #expect(options["Allow"] == "GET, HEAD, OPTIONS, QUERY" && options["Accept-Query"] == "application/json")
        #expect(surface.send("GET /v1/leaderboards/race?tll=1").slug == "bad-parameter")
    }
}
