import Bytes
import HTTP1

/// Writes dates for `Last-Modified` and `Expires`. Entries of one day differ in eight digits only: the rest is kept.
struct DateLine: ~Copyable {
    private var day: Int64 = .min
    /// The second that `text` says.
    private var said: Int64 = .min
    private var text = IOBuffer()

    /// Appends IMF-fixdate, 29 bytes.
    mutating func append(_ seconds: Int64, into out: inout IOBuffer) {
        if seconds != said { say(seconds) }
        out.append(text.readable)
    }

    private mutating func say(_ seconds: Int64) {
        let today = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        if today != day {
            text.removeAll()
            HTTPDate.append(today * 86_400, into: &text)
            day = today
        }
        // `Sun, 06 Nov 1994 08:49:37 GMT`: the time begins at byte 17.
        let second = seconds - today * 86_400
        set(17, second / 3600)
        set(20, second / 60 % 60)
        set(23, second % 60)
        said = seconds
    }

    private mutating func set(_ index: Int, _ value: Int64) {
        text[index] = 0x30 &+ UInt8(truncatingIfNeeded: value / 10)
        text[index + 1] = 0x30 &+ UInt8(truncatingIfNeeded: value % 10)
    }
}
