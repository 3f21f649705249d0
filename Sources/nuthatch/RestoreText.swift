import Bytes
import CacheModel
import Durability
import HTTP1

/// Times and positions as people write them.
enum RestoreText {
    /// `2026-01-02T03:04:05.678Z`, with any offset.
    static func time(_ text: String) throws -> Instant {
        guard let milliseconds = RFC3339.parse(Array(text.utf8).span) else {
            throw DataDirectory.failure("\(text): a time is written as 2026-01-02T03:04:05Z or with an offset")
        }
        return Instant(milliseconds: milliseconds)
    }

    static func position(_ text: String) throws -> Position {
        guard let position = Position(text: text) else {
            throw DataDirectory.failure("\(text): a position is written as EPOCH.NUMBER, like 1.42")
        }
        return position
    }

    /// A position where it looks like one, else a time.
    static func target(_ text: String) throws -> RestoreTarget {
        if let position = Position(text: text) { return .position(position) }
        return .time(try time(text))
    }

    static func text(_ time: Instant) -> String {
        var buffer = IOBuffer()
        RFC3339.append(milliseconds: time.milliseconds, into: &buffer)
        return String(decoding: buffer.readable.copied(), as: UTF8.self)
    }
}
