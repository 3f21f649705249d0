import Crypto

/// Names one history: everything that descends from one empty directory. A restore begins a new one, so that nobody
/// takes positions of one for those of the other.
package struct HistoryID: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new history.
    package static func random() -> HistoryID { HistoryID(high: SecureRandom.word(), low: SecureRandom.word()) }

    /// 32 lower-case hexadecimal digits.
    package var text: String { high.hexText + low.hexText }

    package init?(text: some StringProtocol) {
        guard text.utf8.count == 32, let high = UInt64(hexText: text.prefix(16)),
            let low = UInt64(hexText: text.suffix(16))
        else { return nil }
        self.init(high: high, low: low)
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// All its digits in lower-case hexadecimal.
    package var hexText: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: Self.bitWidth / 4 - digits.count) + digits
    }

    /// Reads what ``hexText`` writes, and nothing else.
    package init?(hexText text: some StringProtocol) {
        guard text.utf8.count == Self.bitWidth / 4, let value = Self(text, radix: 16), value.hexText == text
        else { return nil }
        self = value
    }
}
