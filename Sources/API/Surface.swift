/// Field lines that several answers share.
enum Surface {
    static let acceptQuery: StaticString = "Accept-Query: application/x-ndjson, application/json\r\n"
    static let acceptJSONQuery: StaticString = "Accept-Query: application/json\r\n"
    static let acceptPatch: StaticString =
        "Accept-Patch: application/merge-patch+json, application/json-patch+json\r\n"
    /// What is told of a session is nobody's to keep.
    static let noStore: StaticString = "Cache-Control: no-store\r\n"
    /// A stored page must not script the console's origin (see docs: stored HTML).
    static let shielded: StaticString =
        "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: sandbox\r\n"
    static let json: StaticString = "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
    static let ndjson: StaticString = "Content-Type: application/x-ndjson\r\nX-Content-Type-Options: nosniff\r\n"
    static let csv: StaticString = "Content-Type: text/csv; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
    static let text: StaticString = "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
}
