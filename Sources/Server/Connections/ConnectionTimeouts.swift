/// How long a connection may stay in each state, in milliseconds (RFC 9112 §9.5). Every state has one.
struct ConnectionTimeouts: Sendable {
    /// From the connection to its first byte.
    var firstByte: Int64
    /// Between requests.
    var idle: Int64
    /// From a request's first byte to the end of its head.
    var head: Int64
    /// From a request's first byte to the end of its body.
    var body: Int64
    /// Without the reader taking anything of a blocked answer.
    var write: Int64
}
