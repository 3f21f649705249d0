import Bytes

/// What a head consists of, as its parse fills it in: slices that count from the first byte of the request line.
///
/// It lies where its ``RequestHead`` is and is never copied, so that the compiler proves a parse to be the only one to
/// change it.
struct HeadParts: ~Copyable {
    private let inPlace = InPlace()

    /// The request line's parts.
    var requestLine = HeadParser.RequestLine()
    var method: Method = .unknown
    /// Minor version: 0 for HTTP/1.0, else 1 (1.2 to 1.9 are handled as 1.1).
    var minorVersion = 1
    /// The path as sent, still escaped; `*` for the asterisk form.
    var path: ByteSlice = .empty
    /// What stands behind the first `?`, still escaped; nil without one.
    var query: ByteSlice?
    /// The authority of an absolute-form target; nil in the other forms.
    var authority: ByteSlice?
    var framing: BodyFraming = .none
    var keepsAlive = true
    var expectsContinue = false
    /// An expectation other than `100-continue` was sent: 417.
    var expectsUnknown = false

    /// The target begins with a slash.
    var isOriginForm = false
    /// Stays from one head to the next.
    var knownHost = KnownHost()

    var lines: [FieldLine]
    var lineCount = 0
    /// Index of the first line of each known field that was sent.
    private var firstLine: InlineArray<30, Int16> = .init(repeating: -1)
    /// The known fields that were sent.
    private(set) var sent = FieldSet()

    init() {
        precondition(KnownField.allCases.count == 30, "one slot a known field")
        lines = Array(repeating: FieldLine(), count: RequestHead.fieldCapacity)
    }

    /// The path of a target in origin form without escapes, which is as it is meant; nil for any other. Known from the
    /// request line on.
    var plainPath: ByteSlice? { isOriginForm && !requestLine.hasEscape ? path : nil }

    mutating func reset() {
        lineCount = 0
        isOriginForm = false
        sent = FieldSet()
        query = nil
        authority = nil
        framing = .none
        keepsAlive = true
        expectsContinue = false
        expectsUnknown = false
    }

    /// Notes a line; the parser has seen to it that there is room.
    mutating func note(_ line: FieldLine) {
        if let known = line.known, !sent.contains(known) {
            sent.insert(known)
            firstLine[Int(known.rawValue)] = Int16(lineCount)
        }
        lines[lineCount] = line
        lineCount += 1
    }

    /// Where the value of a field's first line lies; nil when it was not sent.
    func value(of field: KnownField) -> ByteSlice? {
        guard sent.contains(field) else { return nil }
        return lines[Int(firstLine[Int(field.rawValue)])].value
    }

    /// The index of the next line of a field behind line `index`; start with -1. Nil when there is no further one.
    func nextLine(of field: KnownField, after index: Int) -> Int? {
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
    func line(_ index: Int) -> FieldLine {
        precondition(index >= 0 && index < lineCount, "no such field line")
        return lines[index]
    }
}
