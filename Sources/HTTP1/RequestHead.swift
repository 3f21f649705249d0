import Bytes

/// One field line: where its name and value lie, and which field it is.
package struct FieldLine: Sendable {
    package var name: ByteSlice = .empty
    package var value: ByteSlice = .empty
    package var known: KnownField?

    package init() {}
}

/// A parsed request head: slices of the bytes it was parsed from. A loop owns one and lends it to each parse, so a
/// request costs no allocation; all slices count from the first byte of the request line.
///
/// A value, not an object: reading a class's property is checked for overlapping access at run time, and a request
/// reads dozens.
package struct RequestHead: Sendable {
    /// Field lines a head can hold, and so the most that `HTTPLimits.fields` may allow.
    package static let fieldCapacity = 256

    package internal(set) var method: Method = .unknown
    package internal(set) var methodName: ByteSlice = .empty
    /// Minor version: 0 for HTTP/1.0, else 1 (1.2 to 1.9 are handled as 1.1).
    package internal(set) var minorVersion = 1
    /// The target as sent, for the log.
    package internal(set) var target: ByteSlice = .empty
    /// The path as sent, still escaped; `*` for the asterisk form.
    package internal(set) var path: ByteSlice = .empty
    /// What stands behind the first `?`, still escaped; nil without one.
    package internal(set) var query: ByteSlice?
    /// The authority of an absolute-form target; nil in the other forms.
    package internal(set) var authority: ByteSlice?
    /// Bytes of the head, the empty line included.
    package internal(set) var byteCount = 0
    package internal(set) var framing: BodyFraming = .none
    package internal(set) var keepsAlive = true
    package internal(set) var expectsContinue = false
    /// An expectation other than `100-continue` was sent: 417.
    package internal(set) var expectsUnknown = false

    var lines: [FieldLine]
    package internal(set) var lineCount = 0
    /// Index of the first line of each known field that was sent.
    private var firstLine: InlineArray<30, Int16> = .init(repeating: -1)
    /// The known fields that were sent.
    package private(set) var sent = FieldSet()

    package init() {
        precondition(KnownField.allCases.count == 30, "one slot a known field")
        lines = Array(repeating: FieldLine(), count: Self.fieldCapacity)
    }

    mutating func reset() {
        lineCount = 0
        sent = FieldSet()
        query = nil
        authority = nil
        framing = .none
        keepsAlive = true
        expectsContinue = false
        expectsUnknown = false
    }

    /// Notes a line; false when the table is full.
    mutating func note(_ line: FieldLine) {
        if let known = line.known, !sent.contains(known) {
            sent.insert(known)
            firstLine[Int(known.rawValue)] = Int16(lineCount)
        }
        lines[lineCount] = line
        lineCount += 1
    }

    /// Where the value of a field's first line lies; nil when it was not sent.
    package func value(of field: KnownField) -> ByteSlice? {
        guard sent.contains(field) else { return nil }
        return lines[Int(firstLine[Int(field.rawValue)])].value
    }

    /// The index of the next line of a field behind line `index`; start with -1. Nil when there is no further one.
    package func nextLine(of field: KnownField, after index: Int) -> Int? {
        guard sent.contains(field) else { return nil }
        let first = Int(firstLine[Int(field.rawValue)])
        if index < first { return first }
        var next = index + 1
        while next < lineCount {
            if lines[next].known == field { return next }
            next += 1
        }
        return nil
    }

    /// The line at `index`.
    package func line(_ index: Int) -> FieldLine {
        precondition(index >= 0 && index < lineCount, "no such field line")
        return lines[index]
    }
}
