import Bytes
import CacheModel
import Crypto

/// A session's secret id: 256 random bits in base64url, known to its holder only. Everything behind this file sees its
/// SHA-256. Buffers that held one are overwritten once the request is answered (`IOBuffer.isSecret`; of requests see
/// `HTTPConnection+Secrets`).
enum SessionSecret {
    private static let bytes = 32
    /// An id that a client may choose has at least this many bytes.
    static let shortestChosen = 16
    /// No id is longer: one of our own has 43 characters.
    static let longest = 512

    /// Appends a new id, which makes the buffer a secret.
    static func make(into out: inout IOBuffer) -> SessionDigest {
        let start = out.count
        var random = IOBuffer()
        random.isSecret = true
        SecureRandom.append(bytes, to: &random)
        out.isSecret = true
        Base64.encode(random.readable, .url, into: &out)
        return digest(of: out.readable.extracting(start..<out.count))
    }

    static func digest(of id: Span<UInt8>) -> SessionDigest { SessionDigest(words: SHA256.digest(id).words) }
}

extension SessionHandle {
    /// One that nobody has yet.
    static func make() -> SessionHandle { SessionHandle(SecureRandom.bytes(bytes).span) }

    /// Reads the form in base64url; nil for any other text.
    init?(text: Span<UInt8>) {
        var stored = IOBuffer()
        guard text.count == 22, Base64.decode(text, .url, into: &stored) else { return nil }
        self.init(stored.readable)
    }

    /// Appends the form in base64url: 22 characters.
    func append(text out: inout IOBuffer) {
        var stored = IOBuffer()
        append(to: &stored)
        Base64.encode(stored.readable, .url, into: &out)
    }
}
