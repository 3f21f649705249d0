import Bytes
import CacheModel
import HTTP1
import JSON

/// A submission as it was read; slices lie in `bytes`.
struct BoardSubmissionText: ~Copyable {
    var member = IOBuffer()
    var scores: BoardScores?
    var meta = IOBuffer()
    var groups: [BoardGroupValue] = []
    var groupBytes = IOBuffer()
    var season: Int?
}

/// Reads `{"score":9001,"groups":{"country":"DE"},"meta":…}`, in a batch with `member` beside it.
struct BoardSubmissionReader {
    /// Shown with each score beside its member, so it is kept small.
    static let metaBytes = 4096
    static let groupBytes = 255

    private let allowsMember: Bool
    private let allowsText: Bool
    private var members = 0
    /// The first thing that is wrong, and the pointer to it.
    private var refusal: (problem: Problem, pointer: StaticString)?

    private init(allowsMember: Bool, allowsText: Bool) {
        self.allowsMember = allowsMember
        self.allowsText = allowsText
    }

    /// - Parameters:
    ///   - isLine: of a batch: the member is named in it.
    ///   - allowsText: whether scores may be strings of digits.
    ///   - noted: gets the pointer to what a refusal is about.
    static func read(
        _ body: Span<UInt8>, isLine: Bool, allowsText: Bool, into submission: inout BoardSubmissionText,
        noted: inout IOBuffer
    ) throws(Problem) {
        var reader = BoardSubmissionReader(allowsMember: isLine, allowsText: allowsText)
        noted.removeAll()
        do throws(JSONError) {
            try reader.readMembers(body, into: &submission)
        } catch {
            JSONPointer.append(placeOf: error.offset, in: body, into: &noted)
            noted.truncate(to: min(noted.count, 256))
            if !noted.readable.isValidUTF8 { noted.removeAll() }
            throw Problem(.badRequest, error.reason.message, .notedPointer)
        }
        if let (problem, pointer) = reader.refusal {
            noted.append(pointer)
            throw problem
        }
        if submission.scores == nil {
            noted.append("/score")
            throw reader.badScore
        }
        if isLine {
            if reader.members != 1 { throw .badRequest("exactly one of member and member64") }
            try KeyItem.check(submission.member)
        }
    }

    private mutating func refuse(_ problem: Problem, _ pointer: StaticString) {
        if refusal == nil { refusal = (problem, pointer) }
    }

    private var badScore: Problem {
        Problem(
            .unprocessable, "a score is an integer of 64 bits, or one to three of them in an array", .notedPointer)
    }

    private mutating func readMembers(
        _ body: Span<UInt8>, into submission: inout BoardSubmissionText
    ) throws(JSONError) {
        var json = JSONReader(body)
        try json.beginObject()
        while let name = try json.nextMember() {
            if json.matches(name, "score") {
                submission.scores = try scores(&json)
            } else if json.matches(name, "meta") {
                try readMeta(&json, into: &submission)
            } else if json.matches(name, "groups") {
                try readGroups(&json, into: &submission)
            } else if json.matches(name, "season") {
                submission.season = try season(&json)
            } else if allowsMember, json.matches(name, "member") {
                members += 1
                json.append(try json.string(), into: &submission.member)
            } else if allowsMember, json.matches(name, "member64") {
                members += 1
                if !Base64Member.decode(try json.string(), of: json, into: &submission.member) {
                    refuse(.badRequest("member64 is not base64"), "/member64")
                }
            } else {
                try json.skipValue()
                refuse(.badRequest("a submission has score, meta, groups and season, and nothing else"), "")
            }
        }
        try json.finish()
    }

    // MARK: Scores

    /// Nil, and refused, for anything that is not whole: a score never passes through a double.
    private mutating func scores(_ json: inout JSONReader) throws(JSONError) -> BoardScores? {
        guard try json.kind() == .array else {
            return try score(&json).map { BoardScores($0) }
        }
        var found: InlineArray<3, Int64> = .init(repeating: 0)
        var count = 0
        var isGood = true
        try json.beginArray()
        while try json.nextElement() {
            guard let score = try score(&json), count < 3 else {
                isGood = false
                continue
            }
            found[count] = score
            count += 1
        }
        guard isGood, count > 0 else {
            refuse(badScore, "/score")
            return nil
        }
        var scores = BoardScores(count: count)
        for column in 0..<count { scores[column] = found[column] }
        return scores
    }

    private mutating func score(_ json: inout JSONReader) throws(JSONError) -> Int64? {
        let kind = try json.kind()
        let slice = try json.skipValue()
        var text = json.bytes(of: slice)
        if kind == .string, allowsText { text = text.extracting(1..<(text.count - 1)) }
        if kind == .number || kind == .string && allowsText, let value = Self.integer(text) { return value }
        refuse(badScore, "/score")
        return nil
    }

    /// The digits of a number that is whole and of 64 bits; nil for any other text.
    private static func integer(_ text: Span<UInt8>) -> Int64? {
        guard !text.isEmpty, text[0] == UInt8(ascii: "-") else { return text.decimalValue() }
        guard let magnitude = text.extracting(1..<text.count).unsignedDecimalValue(), magnitude <= 1 << 63 else {
            return nil
        }
        return Int64(truncatingIfNeeded: 0 &- magnitude)
    }

    private mutating func season(_ json: inout JSONReader) throws(JSONError) -> Int? {
        let number = try json.integer()
        if number < 1 || number > Int64(Int32.max) {
            refuse(Problem(.unprocessable, "seasons are numbered from 1", .notedPointer), "/season")
        }
        return Int(clamping: number)
    }

    // MARK: Beside the score

    /// Any JSON, kept as it was sent; `null` leaves what is there.
    private mutating func readMeta(
        _ json: inout JSONReader, into submission: inout BoardSubmissionText
    ) throws(JSONError) {
        let isNull = try json.kind() == .null
        let slice = try json.skipValue()
        if Int(slice.count) > Self.metaBytes {
            refuse(Problem(.unprocessable, "meta has at most 4096 bytes", .notedPointer), "/meta")
        } else if !isNull {
            submission.meta.append(json.bytes(of: slice))
        }
    }

    /// `{"country":"DE"}`; null takes the member out of the group.
    private mutating func readGroups(
        _ json: inout JSONReader, into submission: inout BoardSubmissionText
    ) throws(JSONError) {
        try json.beginObject()
        while let name = try json.nextMember() {
            let start = submission.groupBytes.count
            json.append(name, into: &submission.groupBytes)
            let nameEnd = submission.groupBytes.count
            if try json.kind() == .null {
                try json.skipValue()
            } else {
                json.append(try json.string(), into: &submission.groupBytes)
                let count = submission.groupBytes.count - nameEnd
                if count < 1 || count > Self.groupBytes {
                    refuse(Problem(.unprocessable, "a group's value has 1 to 255 bytes", .notedPointer), "/groups")
                }
            }
            submission.groups.append(
                BoardGroupValue(
                    name: ByteSlice(start: start, count: nameEnd - start),
                    value: ByteSlice(start: nameEnd, count: submission.groupBytes.count - nameEnd)))
        }
    }
}
