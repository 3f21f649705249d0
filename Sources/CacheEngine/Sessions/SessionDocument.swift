import Bytes
import CacheModel
import JSON

/// What a patch of a session changes, as one JSON text:
///
/// ```
/// {"data":{…},"meta":{…},"idle":"30m","index":{"tenant":"acme"}}
/// ```
/// `idle` is absent in a session that does not slide. Reading a changed one back is where it is judged.
struct SessionDocument: ~Copyable {
    /// More than data, meta and index may be together, escapes included: what is too long says which it is.
    static let longest = 2 * (Limits.sessionDataBytes + Limits.sessionMetaBytes)

    private var dataSlice: ByteSlice?
    private var metaSlice: ByteSlice?
    /// Milliseconds, 0 for none.
    private(set) var idle: Int64 = 0
    private(set) var attributes: [SessionAttribute] = []
    /// Where the attributes' slices lie.
    private(set) var names = IOBuffer()

    init() {}

    @_lifetime(copy text)
    func data(in text: Span<UInt8>) -> Span<UInt8> { text.extracting(dataSlice ?? .empty) }

    /// Empty for `{}`.
    @_lifetime(copy text)
    func meta(in text: Span<UInt8>) -> Span<UInt8> { text.extracting(metaSlice ?? .empty) }

    // MARK: Writing

    static func append(_ entry: Entry, _ head: SessionHead, to texts: inout IOBuffer) {
        let fields = entry.fields.span
        texts.append("{\"data\":")
        texts.append(entry.value.span)
        texts.append(",\"meta\":")
        if head.meta.isEmpty { texts.append("{}") } else { texts.append(fields.extracting(head.meta)) }
        let idle = entry.times.idle
        if idle > 0 {
            texts.append(",\"idle\":\"")
            DurationText.append(milliseconds: idle, to: &texts)
            texts.append("\"")
        }
        texts.append(",\"index\":{")
        for (number, attribute) in head.attributes.enumerated() {
            if number > 0 { texts.append(",") }
            JSONWriter.append(string: fields.extracting(attribute.name), into: &texts)
            texts.append(":")
            JSONWriter.append(string: fields.extracting(attribute.value), into: &texts)
        }
        texts.append("}}")
    }

    // MARK: Reading

    /// Reads a changed document; what is wrong with it, and the name of a member that may not be there in `detail`.
    mutating func read(_ text: borrowing IOBuffer, _ detail: inout IOBuffer) -> SessionPatchFailure? {
        var reader = JSONReader(text.readable)
        do throws(JSONError) {
            guard try reader.kind() == .object else { return .fixedMember }
            try reader.beginObject()
            while let name = try reader.nextMember() {
                let failure: SessionPatchFailure?
                if reader.matches(name, "data") {
                    failure = try readData(&reader)
                } else if reader.matches(name, "meta") {
                    failure = try readMeta(&reader)
                } else if reader.matches(name, "idle") {
                    failure = try readIdle(&reader)
                } else if reader.matches(name, "index") {
                    failure = try readIndex(&reader)
                } else {
                    reader.append(name, into: &detail)
                    failure = .fixedMember
                }
                if let failure { return failure }
            }
            // A session always has data, if only nothing.
            return dataSlice == nil ? .dataNotObject : nil
        } catch {
            return .tooDeep
        }
    }

    private mutating func readData(_ reader: inout JSONReader) throws(JSONError) -> SessionPatchFailure? {
        guard try reader.kind() == .object else { return .dataNotObject }
        let slice = try reader.skipValue()
        dataSlice = slice
        return slice.count > Limits.sessionDataBytes ? .dataTooLarge : nil
    }

    private mutating func readMeta(_ reader: inout JSONReader) throws(JSONError) -> SessionPatchFailure? {
        guard try reader.kind() == .object else { return .badMeta }
        let slice = try reader.skipValue()
        metaSlice = slice
        return slice.count > Limits.sessionMetaBytes ? .badMeta : nil
    }

    private mutating func readIdle(_ reader: inout JSONReader) throws(JSONError) -> SessionPatchFailure? {
        let slice: ByteSlice
        switch try reader.next() {
        case .null: return nil
        case .string(let text) where !text.hasEscapes: slice = text.raw
        case .number(let number): slice = number.raw
        default: return .badIdle
        }
        guard let duration = try? DurationText.parse(reader.bytes(of: slice)), duration.jitterPercent == 0 else {
            return .badIdle
        }
        idle = duration.milliseconds
        return nil
    }

    private mutating func readIndex(_ reader: inout JSONReader) throws(JSONError) -> SessionPatchFailure? {
        guard try reader.kind() == .object else { return .badIndex }
        try reader.beginObject()
        while let name = try reader.nextMember() {
            let nameSlice = append(name, reader)
            guard case .string(let text) = try reader.next() else { return .badIndex }
            let attribute = SessionAttribute(name: nameSlice, value: append(text, reader))
            // `where=` splits name and value at the first colon.
            guard attributes.count < Limits.sessionAttributes, !nameSlice.isEmpty,
                names.readable.extracting(nameSlice).firstIndex(of: UInt8(ascii: ":")) == nil,
                nameSlice.count <= Limits.sessionAttributeNameBytes,
                attribute.value.count <= Limits.sessionAttributeValueBytes
            else { return .badIndex }
            attributes.append(attribute)
        }
        return nil
    }

    private mutating func append(_ text: JSONText, _ reader: borrowing JSONReader) -> ByteSlice {
        let start = names.count
        reader.append(text, into: &names)
        return ByteSlice(start..<names.count)
    }
}

extension SessionPatchFailure {
    /// Why a patch could not be applied.
    init(_ error: JSONChangeError) {
        switch error.reason {
        case .patch(let cause): self = .malformed(offset: cause.offset)
        case .document, .tooDeep: self = .tooDeep
        case .tooLong: self = .dataTooLarge
        case .tooManySteps: self = .tooManySteps
        case .testFailed: self = .test(index: error.operation ?? 0)
        case .notFound, .badIndex, .removesAll: self = .operation(index: error.operation ?? 0)
        case .notAnArray, .notAnOperation, .unknownOperation, .missingPath, .missingFrom, .missingValue, .badPointer,
            .moveIntoItself:
            self = .malformed(offset: Int(error.pointer.start))
        }
    }
}
