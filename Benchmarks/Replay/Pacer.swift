/// Spreads requests evenly over time. Without a rate everything is due at once.
struct Pacer {
    private let perSecond: Double?
    private let start: UInt64
    private var sent = 0.0

    init(perSecond: Double?) {
        self.perSecond = perSecond
        start = Clock.now()
    }

    var isPaced: Bool { perSecond != nil }

    /// Whether `count` more requests are due, and if so counts them as sent.
    mutating func take(_ count: Int) -> Bool {
        guard let perSecond else { return true }
        let due = Double(Clock.now() - start) / 1e9 * perSecond
        guard sent + Double(count) <= due else { return false }
        // What could not be sent in time is not made up for in a burst of more than 10 ms.
        sent = max(sent, due - perSecond / 100) + Double(count)
        return true
    }
}
