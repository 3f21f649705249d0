/// Who is at the other end, as far as policy needs to know: the raw address, an IPv4 one in the low word.
public struct PeerAddress: Sendable, Hashable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
