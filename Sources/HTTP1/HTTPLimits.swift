/// Every maximum of the protocol, with its reason. All can be configured; the defaults are the documented ones.
package struct HTTPLimits: Sendable {
    /// Request line, in bytes: a fully escaped 4 KiB key takes 12 KiB.
    package var requestLine = 16 << 10
    /// All field lines together, in bytes.
    package var fieldBytes = 16 << 10
    /// Field lines: at most ``RequestHead/fieldCapacity``.
    package var fields = 100
    /// Trailer section, in bytes; all of it is discarded.
    package var trailers = 4 << 10
    /// Chunk extensions of one message, in bytes: they carry nothing for us.
    package var chunkExtensions = 1 << 10
    /// A request body after decoding the chunked coding, in bytes.
    package var body = 16 << 20
    /// Requests answered ahead of what the client reads before reading from it stops.
    package var pipeline = 64

    package init() {}
}
