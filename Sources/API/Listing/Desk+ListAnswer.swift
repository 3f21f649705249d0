import Bytes
import HTTP1

/// Writes a page: `{"items":[…],"next":"…"}` or lines, with a `Link` to the next page (RFC 8288).
extension Desk {
    mutating func answer(
        _ page: borrowing ListPage, _ query: borrowing ListQuery, _ next: borrowing IOBuffer,
        _ request: borrowing Request, response: inout ResponseWriter
    ) {
        scratch.removeAll()
        if page.asLines {
            scratch.append(copying: page.items)
        } else {
            scratch.append("{\"items\":[")
            scratch.append(copying: page.items)
            scratch.append("]")
            if query.folds {
                scratch.append(",\"prefixes\":[")
                scratch.append(copying: page.prefixes)
                scratch.append("]")
            }
            if !page.prefixes64.isEmpty {
                scratch.append(",\"prefixes64\":[")
                scratch.append(copying: page.prefixes64)
                scratch.append("]")
            }
            scratch.append(query.ordered ? ",\"order\":\"bytes\"" : ",\"order\":\"none\"")
            if next.isEmpty {
                scratch.append(",\"next\":null}\n")
            } else {
                scratch.append(",\"next\":\"")
                scratch.append(copying: next)
                scratch.append("\"}\n")
            }
        }
        response.begin(200)
        response.fields(page.asLines ? Surface.ndjson : Surface.json)
        if !next.isEmpty { Self.writeLink(to: next, path: request.path, request, response: &response) }
        response.fields("Cache-Control: no-cache\r\nVary: Accept\r\n")
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    /// The same query with another cursor.
    static func writeLink(
        to next: borrowing IOBuffer, path: Span<UInt8>, _ request: borrowing Request, response: inout ResponseWriter
    ) {
        response.beginField("Link")
        response.buffer.append("<")
        appendEscaped(path, to: &response.buffer)
        response.buffer.append("?")
        if let query = request.query {
            var start = 0
            while start <= query.count {
                let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
                let pair = query.extracting(start..<end)
                if !pair.isEmpty && !pair.starts(with: "cursor=") {
                    appendEscaped(pair, to: &response.buffer)
                    response.buffer.append("&")
                }
                start = end + 1
            }
        }
        response.buffer.append("cursor=")
        response.buffer.append(copying: next)
        response.buffer.append(">; rel=\"next\"")
        response.endField()
    }

    /// A query holds visible ASCII; what would end the reference is escaped.
    private static func appendEscaped(_ pair: Span<UInt8>, to out: inout IOBuffer) {
        for index in pair.indices {
            switch pair[index] {
            case UInt8(ascii: ">"): out.append("%3E")
            case UInt8(ascii: "<"): out.append("%3C")
            case UInt8(ascii: "\""): out.append("%22")
            case let byte: out.append(byte)
            }
        }
    }
}
