import Glibc

/// A bar on standard error, drawn five times a second at most, and only for a person.
struct Progress {
    private let title: String
    private let total: Int
    private let isShown: Bool
    private let start = Clock.now()
    private var lastDrawn: UInt64 = 0

    init(title: String, total: Int) {
        self.title = title
        self.total = total
        isShown = isatty(2) == 1 && total > 0
    }

    mutating func update(_ done: Int, note: @autoclosure () -> String) {
        guard isShown else { return }
        let now = Clock.now()
        guard now - lastDrawn > 200_000_000 else { return }
        lastDrawn = now
        draw(done, now: now, note: note())
    }

    func finish() {
        if isShown { emit("\r\u{1B}[K", to: 2) }
    }

    private func draw(_ done: Int, now: UInt64, note: String) {
        let width = 30
        let filled = min(width, done * width / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let seconds = Double(now - start) / 1e9
        let left = done > 0 ? Int(seconds / Double(done) * Double(total - done)) : 0
        emit("\r\u{1B}[K\(title) [\(bar)] \(done * 100 / total) % \(note), \(left) s left", to: 2)
    }
}
