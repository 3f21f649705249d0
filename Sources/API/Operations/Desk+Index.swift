import Bytes
import HTTP1

/// `GET /`: what this is and five lines to try, for whoever looks: HTML for a browser, text for curl.
extension Desk {
    mutating func answerIndex(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        try refuseParameters(request)
        let offers: InlineArray<2, MediaOffer> = [.text, .html]
        let isHTML = best(of: offers, request) == 1
        scratch.removeAll()
        isHTML ? appendPage(request) : appendText(request)
        response.begin(200)
        if isHTML {
            response.fields("Content-Type: text/html; charset=utf-8\r\n")
            response.fields("X-Content-Type-Options: nosniff\r\n")
            // One style element and nothing else: no script, no frame, no request to anywhere.
            response.fields("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n")
        } else {
            response.fields(Surface.text)
        }
        response.fields("Vary: Accept\r\nCache-Control: no-cache\r\n")
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    private mutating func appendText(_ request: borrowing Request) {
        scratch.append("Nuthatch ")
        appendVersion()
        scratch.append(": a cache you can curl.\n\n")
        for line in 0..<IndexLines.count {
            scratch.append(IndexLines.comment(line))
            scratch.append("\n  ")
            appendCommand(line, request, escaping: false)
            scratch.append("\n")
        }
        scratch.append("\nThe whole surface: /openapi.json\n")
    }

    private mutating func appendPage(_ request: borrowing Request) {
        scratch.append(
            """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Nuthatch</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>body{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:3em auto;padding:0 1em}
            pre{background:#f4f4f2;padding:1em;overflow-x:auto}
            @media(prefers-color-scheme:dark){body{background:#1c1c1a;
            color:#e8e8e4}pre{background:#2a2a27}a{color:#9cf}}</style></head><body>
            <h1>Nuthatch
            """)
        scratch.append(" ")
        appendVersion()
        scratch.append("</h1>\n<p>A cache you can curl. Five lines to try:</p>\n<pre>")
        for line in 0..<IndexLines.count {
            scratch.append(IndexLines.comment(line))
            scratch.append("\n")
            appendCommand(line, request, escaping: true)
            scratch.append("\n")
        }
        scratch.append("</pre>\n<p>The whole surface: <a href=\"/openapi.json\">openapi.json</a>; ")
        scratch.append("figures: <a href=\"/metrics\">metrics</a>.</p>\n</body></html>\n")
    }

    private mutating func appendVersion() {
        for byte in api.settings.version.utf8 where byte > 0x20 && byte < 0x7F && byte != 0x3C { scratch.append(byte) }
    }

    /// A command with the address the client used, so that it can be pasted as it stands.
    private mutating func appendCommand(_ line: Int, _ request: borrowing Request, escaping: Bool) {
        let parts = IndexLines.command(line)
        append(parts.before, escaping)
        scratch.append("http://")
        if let host = request.field(.host) {
            // `Host` was checked to be a host and a port; what could mean something to HTML or a shell is dropped.
            for index in host.indices where Self.isPlain(host[index]) { scratch.append(host[index]) }
        } else {
            scratch.append("localhost:8379")
        }
        append(parts.after, escaping)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        ASCII.isAlpha(byte) || ASCII.isDigit(byte) || byte == 0x2D || byte == 0x2E || byte == 0x3A || byte == 0x5B
            || byte == 0x5D
    }

    private mutating func append(_ text: StaticString, _ escaping: Bool) {
        guard escaping else { return scratch.append(text) }
        var plain = IOBuffer()
        plain.append(text)
        for index in 0..<plain.count {
            switch plain[index] {
            case 0x26: scratch.append("&amp;")
            case 0x3C: scratch.append("&lt;")
            default: scratch.append(plain[index])
            }
        }
    }
}

/// The lines to try.
private enum IndexLines {
    static let count = 5

    static func comment(_ line: Int) -> StaticString {
        switch line {
        case 0: "# store a value for a minute"
        case 1: "# read it, with its age and what is left of its life"
        case 2: "# create only where nothing is"
        case 3: "# wait up to ten seconds for it to change (put its ETag in)"
        default: "# take it away"
        }
    }

    static func command(_ line: Int) -> (before: StaticString, after: StaticString) {
        switch line {
        case 0:
            ("curl -X PUT -H 'Content-Type: application/json' -d '{\"name\":\"Ada\"}' '", "/v1/keys/user:42?ttl=60s'")
        case 1: ("curl -i ", "/v1/keys/user:42")
        case 2: ("curl -i -X PUT -H 'If-None-Match: *' --data-binary once ", "/v1/keys/user:43")
        case 3: ("curl -i -H 'If-None-Match: \"1.1\"' '", "/v1/keys/user:42?wait=10s'")
        default: ("curl -X DELETE -H 'Prefer: return=representation' ", "/v1/keys/user:42")
        }
    }
}
