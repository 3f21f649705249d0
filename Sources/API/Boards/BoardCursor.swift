import Bytes
import CacheModel
import Crypto

/// Where a ranking goes on: behind a score, its tie and its member, so that members that do not move are neither passed
/// over nor shown twice while others do.
///
/// ```
/// │ version 1 │ columns 1 │ scores 8 × columns │ reached 8 │ member … │ seal 8 │   in base64url
/// ```
/// The seal is an HMAC over that and the query, without its cursor and limit: a cursor of another ranking is refused.
struct BoardCursor: ~Copyable {
    let place: BoardPlace
    private(set) var member = IOBuffer()

    private static let version: UInt8 = 1
    private static let sealBytes = 8

    /// Reads a cursor; nil for one that was not given for this query.
    init?(_ text: Span<UInt8>, query: Span<UInt8>, secret: Span<UInt8>) {
        var bytes = IOBuffer()
        guard text.count <= 8192, Base64.decode(text, .url, into: &bytes), bytes.count > 2 + 16 + Self.sealBytes,
            bytes[0] == Self.version, (1...UInt8(BoardScores.most)).contains(bytes[1])
        else { return nil }
        let columns = Int(bytes[1])
        let end = bytes.count - Self.sealBytes
        let nameStart = 2 + columns * 8 + 8
        guard nameStart < end else { return nil }
        let seal = Self.seal(bytes.readable.extracting(0..<end), query, secret)
        var difference: UInt8 = 0
        for index in 0..<Self.sealBytes { difference |= bytes[end + index] ^ seal[index] }
        if difference != 0 { return nil }
        var scores = BoardScores(count: columns)
        for column in 0..<columns { scores[column] = Int64(bitPattern: Self.word(bytes, at: 2 + column * 8)) }
        place = BoardPlace(scores: scores, reached: Self.word(bytes, at: 2 + columns * 8))
        member.append(bytes.readable.extracting(nameStart..<end))
    }

    private static func word(_ bytes: borrowing IOBuffer, at offset: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) }
    }

    /// Appends the cursor that goes on behind a row.
    static func append(
        _ place: BoardPlace, member: Span<UInt8>, query: Span<UInt8>, secret: Span<UInt8>, to out: inout IOBuffer
    ) {
        var bytes = IOBuffer()
        bytes.append(version)
        bytes.append(UInt8(place.scores.count))
        for column in 0..<place.scores.count { append(UInt64(bitPattern: place.scores[column]), to: &bytes) }
        append(place.reached, to: &bytes)
        bytes.append(member)
        let seal = seal(bytes.readable, query, secret)
        for index in 0..<sealBytes { bytes.append(seal[index]) }
        Base64.encode(bytes.readable, .url, into: &out)
    }

    private static func append(_ word: UInt64, to bytes: inout IOBuffer) {
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(56 - index * 8))) }
    }

    /// The parts go in with their lengths, so that no two pairs read alike.
    private static func seal(_ place: Span<UInt8>, _ query: Span<UInt8>, _ secret: Span<UInt8>) -> Digest {
        var message = IOBuffer()
        message.append(decimal: place.count)
        message.append(":")
        message.append(place)
        message.append(query)
        return SHA256.authenticate(message.readable, key: secret)
    }
}
