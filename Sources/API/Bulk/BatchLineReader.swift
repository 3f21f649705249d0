import Bytes
import CacheModel
import HTTP1
import JSON

/// Reads one line of a batch. Members may come in any order, so what goes with what is judged at the end; of several
/// things that are wrong the first one is told.
struct BatchLineReader {
    private var line = BatchLine()
    private var seen = BatchMembers()
    private var refusal: Problem?
    private var hasOperation = false
    private var parameters = LifetimeTexts()
    private var onlyIfNewer = false
    private var version: UInt64?

    private init() {}

    /// - Parameter bytes: gets key, value and fields appended.
    static func read(_ text: Span<UInt8>, into bytes: inout IOBuffer) throws(Problem) -> BatchLine {
        var reader = BatchLineReader()
        do throws(JSONError) {
            try reader.readMembers(text, into: &bytes)
        } catch {
            throw .badRequest(error.reason.message)
        }
        return try reader.finished(in: bytes)
    }

    private mutating func readMembers(_ text: Span<UInt8>, into bytes: inout IOBuffer) throws(JSONError) {
        var json = JSONReader(text)
        try json.beginObject()
        while let name = try json.nextMember() {
            if let member = Self.member(named: name, in: json) {
                seen.formUnion(BatchMembers(member))
                try read(member, from: &json, into: &bytes)
            } else {
                try json.skipValue()
                refuse(.badRequest("a member no operation has"))
            }
        }
        try json.finish()
    }

    private static func member(named name: JSONText, in json: borrowing JSONReader) -> BatchMember? {
        for member in BatchMember.allCases where json.matches(name, member.name) { return member }
        return nil
    }

    private mutating func refuse(_ problem: Problem) {
        if refusal == nil { refusal = problem }
    }

    // MARK: Members

    private mutating func read(
        _ member: BatchMember, from json: inout JSONReader, into bytes: inout IOBuffer
    ) throws(JSONError) {
        switch member {
        case .op: readOperation(try json.string(), json)
        case .key: line.key = Self.append(try json.string(), of: json, into: &bytes)
        case .value: line.value = Self.append(try json.string(), of: json, into: &bytes)
        case .key64: line.key = decode(try json.string(), of: json, "key64 is not base64", into: &bytes)
        case .value64: line.value = decode(try json.string(), of: json, "value64 is not base64", into: &bytes)
        case .ttl: parameters.ttl = try Self.appendText(&json, into: &bytes)
        case .idle: parameters.idle = try Self.appendText(&json, into: &bytes)
        case .expiresAt: parameters.expiresAt = Self.append(try json.string(), of: json, into: &bytes)
        case .ifMatch: line.ifMatch = condition(try json.string(), json)
        case .ifNoneMatch: line.ifNoneMatch = condition(try json.string(), json)
        case .version: try readVersion(&json)
        case .ifVersion:
            onlyIfNewer = json.matches(try json.string(), "newer")
            if !onlyIfNewer { refuse(.badRequest("if_version can be newer, nothing else")) }
        case .contentType: readContentType(try json.string(), json, into: &bytes)
        case .maxLen:
            let length = try json.integer()
            if length < 0 { refuse(.bad(.maxLen, "a whole number of bytes")) }
            line.maximumLength = Int(max(0, length))
        }
    }

    private mutating func readOperation(_ text: JSONText, _ json: borrowing JSONReader) {
        for operation in BatchLine.Operation.allCases where json.matches(text, operation.name) {
            line.operation = operation
            hasOperation = true
        }
    }

    private static func append(
        _ text: JSONText, of json: borrowing JSONReader, into bytes: inout IOBuffer
    ) -> ByteSlice {
        let before = bytes.count
        json.append(text, into: &bytes)
        return ByteSlice(start: before, count: bytes.count - before)
    }

    private mutating func decode(
        _ text: JSONText, of json: borrowing JSONReader, _ message: StaticString, into bytes: inout IOBuffer
    ) -> ByteSlice {
        let before = bytes.count
        if !Base64Member.decode(text, of: json, into: &bytes) { refuse(.badRequest(message)) }
        return ByteSlice(start: before, count: bytes.count - before)
    }

    /// A duration: a string, or a bare number of seconds.
    private static func appendText(
        _ json: inout JSONReader, into bytes: inout IOBuffer
    ) throws(JSONError) -> ByteSlice {
        if try json.kind() == .string { return append(try json.string(), of: json, into: &bytes) }
        let before = bytes.count
        bytes.append(decimal: try json.integer())
        return ByteSlice(start: before, count: bytes.count - before)
    }

    /// `*`, or one tag without its quotes.
    private mutating func condition(
        _ text: JSONText, _ json: borrowing JSONReader
    ) -> GroupOperation.Condition {
        if json.matches(text, "*") { return .any }
        var plain = IOBuffer()
        json.append(text, into: &plain)
        guard let tag = EntryTag(opaque: plain.readable) else { return .unknownTag }
        return .position(tag.position)
    }

    /// A number, or a string of digits for callers whose numbers are doubles.
    private mutating func readVersion(_ json: inout JSONReader) throws(JSONError) {
        switch try json.kind() {
        case .string: version = json.rawBytes(of: try json.string()).unsignedDecimalValue()
        case .number: version = json.bytes(of: try json.skipValue()).unsignedDecimalValue()
        default: try json.skipValue()
        }
        if version == nil { refuse(.badRequest("version is a whole number from 0 to 18446744073709551615")) }
    }

    private mutating func readContentType(
        _ text: JSONText, _ json: borrowing JSONReader, into bytes: inout IOBuffer
    ) {
        var plain = IOBuffer()
        json.append(text, into: &plain)
        guard plain.count <= 1024, plain.readable.firstControl(in: 0..<plain.count) == nil else {
            return refuse(.badRequest("content_type holds no control characters and at most 1024 bytes"))
        }
        let before = bytes.count
        if plain.count > 0 { StoredFields.append(.contentType, plain.readable, to: &bytes) }
        line.fields = ByteSlice(start: before, count: bytes.count - before)
    }

    // MARK: The whole

    private mutating func finished(in bytes: borrowing IOBuffer) throws(Problem) -> BatchLine {
        if let refusal { throw refusal }
        guard hasOperation else { throw .badRequest("op is one of put, get, delete, touch, append") }
        guard line.operation.members.isSuperset(of: seen) else {
            throw .badRequest("a member that this op does not take")
        }
        guard seen.contains(.key) != seen.contains(.key64) else { throw .badRequest("exactly one of key and key64") }
        guard line.key.count >= 1 && Int(line.key.count) <= Limits.keyBytes else {
            throw Problem(.badName, "a name is 1 to 4096 bytes")
        }
        if line.operation.members.contains(.value) {
            guard seen.contains(.value) != seen.contains(.value64) else {
                throw .badRequest("exactly one of value and value64")
            }
        }
        line.wish = try parameters.wish(in: bytes)
        if line.operation == .touch && line.wish.keeps { throw .bad(.ttl, "keep goes with put only") }
        if line.operation == .touch && !line.wish.hasEnd { throw .bad(.ttl, "touch needs ttl, idle or expires_at") }
        if case .any = line.ifNoneMatch, line.ifMatch != .absent {
            throw Problem(.contradictoryPreconditions, "if_none_match * beside if_match can never hold")
        }
        if let version {
            line.version = CallerVersion(value: version, onlyIfNewer: onlyIfNewer)
        } else if onlyIfNewer {
            throw .badRequest("if_version needs version")
        }
        return line
    }
}

/// Where the texts of a line's lifetime lie.
private struct LifetimeTexts {
    var ttl: ByteSlice?
    var idle: ByteSlice?
    var expiresAt: ByteSlice?

    func wish(in bytes: borrowing IOBuffer) throws(Problem) -> LifetimeWish {
        if ttl == nil && idle == nil && expiresAt == nil { return LifetimeWish() }
        var parameters = Parameters()
        let text = bytes.readable
        if let ttl { _ = parameters.add(.ttl, text.extracting(ttl)) }
        if let idle { _ = parameters.add(.idle, text.extracting(idle)) }
        if let expiresAt { _ = parameters.add(.expiresAt, text.extracting(expiresAt)) }
        var wish = LifetimeWish()
        try wish.read(parameters)
        return wish
    }
}
