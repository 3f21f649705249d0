import Bytes
import COpenSSL

/// SHA-256 and what is built on it.
package enum SHA256 {
    /// The digest of `bytes`.
    ///
    /// Unsafe: the C functions read `count` bytes and write 32; both lie in memory held for the calls.
    package static func digest(_ bytes: Span<UInt8>) -> Digest {
        var words: InlineArray<4, UInt64> = .init(repeating: 0)
        var context = SHA256_CTX()
        SHA256_Init(&context)
        _ = bytes.withUnsafeBufferPointer { source in
            SHA256_Update(&context, source.baseAddress, source.count)
        }
        withUnsafeMutableBytes(of: &words) { target in
            _ = SHA256_Final(target.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        return Digest(words: words)
    }

    /// HMAC-SHA256 (RFC 2104) of `message`. A key longer than a block is hashed first.
    package static func authenticate(_ message: Span<UInt8>, key: Span<UInt8>) -> Digest {
        var block = IOBuffer(capacity: 64 + message.count)
        appendPadded(key, mask: 0x36, to: &block)
        block.append(message)
        let inner = digest(block.readable)
        block.removeAll()
        appendPadded(key, mask: 0x5C, to: &block)
        for index in 0..<32 { block.append(inner[index]) }
        return digest(block.readable)
    }

    private static func appendPadded(_ key: Span<UInt8>, mask: UInt8, to block: inout IOBuffer) {
        let isLong = key.count > 64
        let hashed = isLong ? digest(key) : nil
        for index in 0..<64 {
            let byte = hashed.map { index < 32 ? $0[index] : 0 } ?? (index < key.count ? key[index] : 0)
            block.append(byte ^ mask)
        }
    }
}
