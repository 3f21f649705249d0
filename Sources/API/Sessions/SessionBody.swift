import Bytes
import CacheModel
import HTTP1
import JSON

/// What a request that begins or rotates a session says in its body: a JSON object, or nothing.
struct SessionBody: ~Copyable {
    enum Member: CaseIterable {
        case user, data, idle, max, meta, index, cap, grace

        fileprivate var name: StaticString {
            switch self {
            case .user: "user"
            case .data: "data"
            case .idle: "idle"
            case .max: "max"
            case .meta: "meta"
            case .index: "index"
            case .cap: "cap"
            case .grace: "grace"
            }
        }
    }

    static let idleForm: StaticString = "idle is a duration from 1 ms to 10 years, as in 30m, or null"
    static let indexForm: StaticString =
        "index has up to three members: a name of 1 to 64 bytes without a colon, and a string of at most 255 bytes"

    var hasUser = false
    /// Empty for null.
    var user = IOBuffer()
    /// JSON without blanks; empty where it was not sent.
    var data = IOBuffer()
    var meta = IOBuffer()
    var attributes: [SessionAttribute] = []
    /// What the attributes' slices lie in.
    var bytes = IOBuffer()
    /// Milliseconds.
    var idle: Int64 = 0
    var max: Int64?
    var grace: Int64?
    var cap: SessionCap?

    /// What a member is refused for, beside what its text is refused for.
    private var refusal: Problem?

    /// - Parameter noted: gets the pointer of the place a refusal is about.
    init(_ body: Span<UInt8>, taking members: [Member], noted: inout IOBuffer) throws(Problem) {
        if body.isEmpty { return }
        do throws(JSONError) {
            var json = JSONReader(body)
            try json.beginObject()
            while let name = try json.nextMember() {
                guard let member = Self.member(named: name, of: members, in: json) else {
                    throw refuse("a member that the body does not take", at: json.tokenStart)
                }
                try read(member, &json)
            }
            try json.finish()
        } catch {
            noted.removeAll()
            JSONPointer.append(placeOf: error.offset, in: body, into: &noted)
            if noted.count > 256 || !noted.readable.isValidUTF8 { noted.removeAll() }
            throw refusal ?? Problem(.badRequest, error.reason.message, .notedPointer)
        }
    }

    private static func member(
        named name: JSONText, of members: [Member], in json: borrowing JSONReader
    ) -> Member? {
        for member in members where json.matches(name, member.name) { return member }
        return nil
    }

    private mutating func refuse(_ detail: StaticString, at offset: Int) -> JSONError {
        refusal = Problem(.badRequest, detail, .notedPointer)
        return JSONError(.unexpectedByte, at: offset)
    }

    private mutating func read(_ member: Member, _ json: inout JSONReader) throws(JSONError) {
        switch member {
        case .user: try readUser(&json)
        case .data: data = try object(&json, Limits.sessionDataBytes, "data is an object")
        case .meta: meta = try object(&json, Limits.sessionMetaBytes, "meta is an object of at most 4096 bytes")
        case .idle: idle = try duration(&json, Self.idleForm) ?? 0
        case .max: max = try duration(&json, "max is a duration from 1 ms to 10 years, as in 12h")
        case .grace: grace = try duration(&json, "grace is a duration of at most 5 minutes, as in 10s")
        case .index: try readAttributes(&json)
        case .cap: try readCap(&json)
        }
    }

    private mutating func readUser(_ json: inout JSONReader) throws(JSONError) {
        hasUser = true
        if try json.kind() == .null {
            try json.skipValue()
            return
        }
        json.append(try json.string(), into: &user)
        guard (1...Limits.keyBytes).contains(user.count) else {
            throw refuse("a user is named by 1 to 4096 bytes", at: json.tokenStart)
        }
    }

    /// An object, without the blanks it was sent with.
    private mutating func object(
        _ json: inout JSONReader, _ limit: Int, _ form: StaticString
    ) throws(JSONError) -> IOBuffer {
        let kind = try json.kind()
        let slice = try json.skipValue()
        guard kind == .object else { throw refuse(form, at: Int(slice.start)) }
        var out = IOBuffer()
        JSONWriter.append(compacting: json.bytes(of: slice), into: &out)
        guard out.count <= limit else {
            refusal = Problem(.tooLarge, "longer than the limit", .limit(limit))
            throw JSONError(.unexpectedByte, at: Int(slice.start))
        }
        return out
    }

    /// A duration as a string, or whole seconds; nil for null.
    private mutating func duration(
        _ json: inout JSONReader, _ form: StaticString
    ) throws(JSONError) -> Int64? {
        var text = IOBuffer()
        switch try json.kind() {
        case .null:
            try json.skipValue()
            return nil
        case .string: json.append(try json.string(), into: &text)
        case .number: text.append(json.bytes(of: try json.skipValue()))
        default: throw refuse(form, at: json.tokenStart)
        }
        guard let duration = try? DurationText.parse(text.readable), duration.jitterPercent == 0 else {
            throw refuse(form, at: json.tokenStart)
        }
        return duration.milliseconds
    }

    private mutating func readAttributes(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while let name = try json.nextMember() {
            let start = json.tokenStart
            let attribute = SessionAttribute(
                name: append(name, of: json), value: append(try json.string(), of: json))
            guard attributes.count < Limits.sessionAttributes,
                (1...Limits.sessionAttributeNameBytes).contains(Int(attribute.name.count)),
                Int(attribute.value.count) <= Limits.sessionAttributeValueBytes,
                bytes.readable.extracting(attribute.name).firstIndex(of: UInt8(ascii: ":")) == nil
            else { throw refuse(Self.indexForm, at: start) }
            attributes.append(attribute)
        }
    }

    private mutating func append(_ text: JSONText, of json: borrowing JSONReader) -> ByteSlice {
        let start = bytes.count
        json.append(text, into: &bytes)
        return ByteSlice(start: start, count: bytes.count - start)
    }

    private mutating func readCap(_ json: inout JSONReader) throws(JSONError) {
        var most: Int64?
        var policy = SessionCap.Policy.oldest
        let form: StaticString = "cap has max, 1 to 1000, and perhaps policy: oldest or reject"
        try json.beginObject()
        while let name = try json.nextMember() {
            if json.matches(name, "max") {
                most = try json.integer()
            } else if json.matches(name, "policy") {
                let word = try json.string()
                if json.matches(word, "reject") {
                    policy = .reject
                } else if !json.matches(word, "oldest") {
                    throw refuse(form, at: json.tokenStart)
                }
            } else {
                throw refuse(form, at: json.tokenStart)
            }
        }
        guard let most, (1...Int64(Limits.sessionCap)).contains(most) else {
            throw refuse(form, at: json.tokenStart)
        }
        cap = SessionCap(most: Int(most), policy: policy)
    }
}
