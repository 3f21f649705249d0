/// Every maximum of the protocol, with its reason. All can be configured; the defaults are the documented ones.
public struct HTTPLimits: Sendable {
    /// Request line, in bytes: a fully escaped 4 KiB key takes 12 KiB.
    public var requestLine = 16 << 10
    /// All field lines together, in bytes.
    public var fieldBytes = 16 << 10
    /// Field lines: at most ``RequestHead/fieldCapacity``.
    public var fields = 100
    /// Trailer section, in bytes; all of it is discarded.
    public var trailers = 4 << 10
    /// Chunk extensions of one message, in bytes: they carry nothing for us.
    public var chunkExtensions = 1 << 10
    /// A request body after decoding the chunked coding, in bytes.
    public var body = 16 << 20
    /// Requests answered ahead of what the client reads before reading from it stops.
    public var pipeline = 64

    public init() {}
}
