import Bytes

/// The elements of a comma-separated field value (RFC 9110 §5.6.1), without blanks around them; empty ones are skipped.
/// Quoted commas are not looked for: meant for lists of tokens.
public struct ListElements: ~Escapable {
    private let value: Span<UInt8>
    private var offset = 0

    @_lifetime(copy value)
    public init(_ value: Span<UInt8>) { self.value = value }

    @_lifetime(copy self)
    public mutating func next() -> Span<UInt8>? {
        while offset <= value.count {
            let end = value.firstIndex(of: UInt8(ascii: ","), from: offset) ?? value.count
            let element = value.extracting(offset..<end).trimmingBlanks()
            offset = end + 1
            if !element.isEmpty { return element }
        }
        return nil
    }
}
