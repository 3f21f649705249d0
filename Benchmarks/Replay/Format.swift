/// Numbers as text, without Foundation.
enum Format {
    /// Four digits after the point, or none where there is nothing to say.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let scaled = (abs(value) * 10_000).rounded()
        guard scaled < 9e18 else { return "\(value)" }
        let whole = UInt64(scaled) / 10_000
        let rest = String(UInt64(scaled) % 10_000)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return "\(sign)\(whole)." + String(repeating: "0", count: 4 - rest.count) + rest
    }

    static func percent(_ ratio: Double) -> String {
        let tenths = Int((ratio * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
