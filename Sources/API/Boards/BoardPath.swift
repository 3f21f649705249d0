import Bytes
import CacheModel

/// The names in a path below `/v1/leaderboards/`, decoded.
struct BoardPath: ~Copyable {
    static let prefix: StaticString = "/v1/leaderboards/"

    var board = IOBuffer()
    var member = IOBuffer()
    /// The number of a season, 0 where there is none.
    var season = 0

    /// What a path below the prefix is, by its segments.
    static func match(_ path: Span<UInt8>) -> RoutePath {
        var segments = Segments(path.extracting(prefix.utf8CodeUnitCount..<path.count))
        _ = segments.next()
        guard let word = segments.next() else { return .board }
        let third = segments.next()
        let fourth = segments.next()
        if segments.next() != nil { return .unknown }
        if fourth != nil {
            guard word.equals("seasons"), let fourth else { return .unknown }
            return fourth.equals("ranking") ? .boardSeasonRanking : .unknown
        }
        if let third {
            if word.equals("members") { return .boardMember }
            return word.equals("ranking") && third.equals("query") ? .boardRankingQuery : .unknown
        }
        if word.equals("ranking") { return .boardRanking }
        if word.equals("batch") { return .boardBatch }
        if word.equals("stats") { return .boardStats }
        if word.equals("close") { return .boardClose }
        return word.equals("seasons") ? .boardSeasons : .unknown
    }

    /// - Parameter key64: the board's name in base64url, where it was given beside `-`.
    init(_ path: Span<UInt8>, key64: Span<UInt8>?) throws(Problem) {
        var segments = Segments(path.extracting(Self.prefix.utf8CodeUnitCount..<path.count))
        if let name = segments.next() {
            if let key64, name.equals("-") {
                guard Base64.decode(key64, .url, into: &board) else {
                    throw .bad(.key64, "a name in base64url, with - and _, padding optional")
                }
            } else {
                try Self.decode(name, into: &board)
            }
        }
        try Self.check(board)
        guard let word = segments.next() else { return }
        if word.equals("members") {
            if let name = segments.next() { try Self.decode(name, into: &member) }
            try Self.check(member)
        } else if word.equals("seasons"), let number = segments.next() {
            guard let value = number.decimalValue(), value >= 1, value <= Int64(Int32.max) else {
                throw Problem(.notFound, "there is no such season: seasons are numbered from 1")
            }
            season = Int(value)
        }
    }

    private static func decode(_ name: Span<UInt8>, into buffer: inout IOBuffer) throws(Problem) {
        guard PercentCoding.decode(name, plusIsSpace: false, into: &buffer) else {
            throw Problem(.badName, "a percent sign in a name must be followed by two hexadecimal digits")
        }
    }

    private static func check(_ name: borrowing IOBuffer) throws(Problem) { try KeyItem.check(name) }

    /// The parts of a path between slashes.
    private struct Segments: ~Escapable {
        private let path: Span<UInt8>
        private var start = 0

        @_lifetime(copy path)
        init(_ path: Span<UInt8>) { self.path = path }

        @_lifetime(copy self)
        mutating func next() -> Span<UInt8>? {
            guard start <= path.count else { return nil }
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
            defer { start = end + 1 }
            return path.extracting(start..<end)
        }
    }
}
