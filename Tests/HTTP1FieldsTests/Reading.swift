import Bytes

/// The bytes of a test's text; a scalar below 256 is one byte, so that every byte can be written.
func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

func text(_ span: Span<UInt8>) -> String { String(decoding: span.copied(), as: UTF8.self) }

func optionalText(_ span: Span<UInt8>?) -> String? {
    if let span { text(span) } else { nil }
}

func written(_ body: (inout IOBuffer) -> Void) -> String {
    var buffer = IOBuffer()
    body(&buffer)
    return String(decoding: buffer.readable.copied(), as: UTF8.self)
}

/// Feeds every prefix of `text`, and every text that differs from it in one byte to a telling one.
func vary(_ text: String, _ body: ([UInt8]) -> Void) {
    let whole = bytes(text)
    for length in 0...whole.count { body(Array(whole[..<length])) }
    for index in whole.indices {
        for byte in bytes(" \t\",;=*()\\%:?@~-+.0/9aZ\0\u{7F}\u{80}\u{FF}") {
            var changed = whole
            changed[index] = byte
            body(changed)
        }
    }
}
