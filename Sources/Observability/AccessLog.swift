import Bytes
import CacheModel

/// One line of the access log: what was asked and how it went, never a value, a token or a cookie.
public struct AccessRecord: ~Escapable {
    /// When the answer was complete.
    public var at: Instant
    public var method: StaticString
    /// The path as sent, still escaped; the query is left out but for its presence, it may hold names of keys.
    public var path: Span<UInt8>
    public var status: Int
    /// Bytes of the body received and of the answer sent.
    public var received: Int
    public var sent: Int
    public var nanoseconds: UInt64
    /// The client's address in numeric form, empty when it is not known.
    public var peer: Span<UInt8>

    @_lifetime(copy path, copy peer)
    public init(
        at: Instant, method: StaticString, path: Span<UInt8>, status: Int, received: Int, sent: Int,
        nanoseconds: UInt64, peer: Span<UInt8>
    ) {
        self.at = at
        self.method = method
        self.path = path
        self.status = status
        self.received = received
        self.sent = sent
        self.nanoseconds = nanoseconds
        self.peer = peer
    }

    /// Appends the record as one line of JSON.
    public func append(into out: inout IOBuffer) {
        out.append("{\"at_ms\":")
        out.append(decimal: at.milliseconds)
        out.append(",\"method\":\"")
        out.append(method)
        out.append("\",\"path\":\"")
        LogText.append(path, into: &out)
        out.append("\",\"status\":")
        out.append(decimal: status)
        out.append(",\"received\":")
        out.append(decimal: received)
        out.append(",\"sent\":")
        out.append(decimal: sent)
        out.append(",\"us\":")
        out.append(decimal: nanoseconds / 1000)
        if !peer.isEmpty {
            out.append(",\"peer\":\"")
            LogText.append(peer, into: &out)
            out.append("\"")
        }
        out.append("}\n")
    }
}

/// Bytes as a log may show them.
public enum LogText {
    /// Appends `bytes` for the inside of a JSON string: visible ASCII as it is, all else as `\xHH`, whose backslash is
    /// itself escaped. Nothing in a key can start a line or move a cursor.
    public static func append(_ bytes: Span<UInt8>, into out: inout IOBuffer) {
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x7F {
                out.append("\\\\x")
                out.append(ASCII.hexDigit(byte >> 4, uppercase: true))
                out.append(ASCII.hexDigit(byte, uppercase: true))
            } else {
                out.append(byte)
            }
        }
    }
}
