import Bytes
import HTTP1
import JSON

/// The forms a bulk body can have.
enum BulkForm { case lines, array }

/// Walks over the items of a bulk body: the lines of NDJSON, or the elements of a JSON array that was checked before.
struct BulkLines: ~Escapable {
    private let body: Span<UInt8>
    private let form: BulkForm
    private(set) var cursor: BulkCursor

    @_lifetime(copy body)
    init(_ body: Span<UInt8>, _ form: BulkForm, from cursor: BulkCursor) {
        self.body = body
        self.form = form
        self.cursor = cursor
    }

    /// The next item and its number; nil behind the last one. Blank lines are passed over, but counted.
    @_lifetime(copy self)
    mutating func next() -> BulkLine? {
        switch form {
        case .lines: nextLine()
        case .array: nextElement()
        }
    }

    @_lifetime(copy self)
    private mutating func nextLine() -> BulkLine? {
        while cursor.offset < body.count {
            let end = body.firstIndex(of: ASCII.lineFeed, from: cursor.offset) ?? body.count
            let line = body.extracting(cursor.offset..<end)
            let number = cursor.line
            cursor = BulkCursor(offset: end + 1, line: number + 1)
            if !Self.isBlank(line) { return BulkLine(number: number, bytes: line) }
        }
        return nil
    }

    private static func isBlank(_ line: Span<UInt8>) -> Bool {
        for index in line.indices where !isBlank(line[index]) { return false }
        return true
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }

    /// The array's text is known to be good: blanks, commas and brackets are all that stands between its elements.
    @_lifetime(copy self)
    private mutating func nextElement() -> BulkLine? {
        var offset = cursor.offset
        while offset < body.count, Self.isBlank(body[offset]) || body[offset] == 0x2C || body[offset] == 0x5B {
            offset += 1
        }
        guard offset < body.count, body[offset] != 0x5D else {
            cursor.offset = body.count
            return nil
        }
        let rest = body.extracting(offset..<body.count)
        var reader = JSONReader(rest)
        guard let element = try? reader.skipValue() else { return nil }
        let number = cursor.line
        cursor = BulkCursor(offset: offset + element.end, line: number + 1)
        return BulkLine(number: number, bytes: rest.extracting(element))
    }
}

/// One item.
struct BulkLine: ~Escapable {
    let number: Int
    let bytes: Span<UInt8>

    @_lifetime(copy bytes)
    init(number: Int, bytes: Span<UInt8>) {
        self.number = number
        self.bytes = bytes
    }
}
