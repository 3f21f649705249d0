/// Who is at the other end, as far as policy needs to know: the raw address, an IPv4 one in the low word.
package struct PeerAddress: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
