import Bytes

/// A JSON Pointer (RFC 6901) of a patch, split into the names and indices it walks through.
struct PointerPath {
    /// Where the pointer lies in the patch, as it was sent.
    var sent: ByteSlice = .empty
    /// One text for each reference token: its meaning, written as the inside of a JSON string.
    var tokens: [JSONText] = []

    init() {}

    /// Splits a string of the tree; the tokens are appended to the texts of the tree.
    init(_ string: JSONText, of tree: inout JSONTree) throws(JSONChangeError) {
        sent = string.raw
        var meaning = IOBuffer()
        Self.unescape(string, of: tree.text, into: &meaning)
        var split = PointerTokens(meaning.readable)
        var token = IOBuffer()
        do {
            while try split.next(into: &token) {
                let start = tree.text.count
                JSONWriter.append(escaping: token.readable, into: &tree.text)
                let raw = ByteSlice(start..<tree.text.count)
                tokens.append(JSONText(raw: raw, hasEscapes: Int(raw.count) != token.count))
            }
        } catch {
            throw JSONChangeError(.badPointer, pointer: sent)
        }
    }

    private static func unescape(_ string: JSONText, of text: borrowing IOBuffer, into out: inout IOBuffer) {
        JSONReader(text.readable).append(string, into: &out)
    }

    /// True when the other place lies inside the value at this one.
    func isAbove(_ other: PointerPath, in text: borrowing IOBuffer) -> Bool {
        guard tokens.count < other.tokens.count else { return false }
        for index in tokens.indices where !JSONTree.isSame(tokens[index], other.tokens[index], in: text) {
            return false
        }
        return true
    }
}

/// The reference tokens of a JSON Pointer, one after the other, with `~0` and `~1` undone.
struct PointerTokens: ~Escapable {
    private let pointer: Span<UInt8>
    private var index = 0

    /// Not the syntax of RFC 6901 §3.
    struct Malformed: Error {}

    @_lifetime(copy pointer)
    init(_ pointer: Span<UInt8>) { self.pointer = pointer }

    /// Puts the next token into `token`; false behind the last one.
    mutating func next(into token: inout IOBuffer) throws(Malformed) -> Bool {
        guard index < pointer.count else { return false }
        guard pointer[index] == 0x2F else { throw Malformed() }
        token.removeAll()
        index += 1
        while index < pointer.count, pointer[index] != 0x2F {
            token.append(try byte())
            index += 1
        }
        return true
    }

    private mutating func byte() throws(Malformed) -> UInt8 {
        guard pointer[index] == 0x7E else { return pointer[index] }
        index += 1
        guard index < pointer.count else { throw Malformed() }
        switch pointer[index] {
        case 0x30: return 0x7E
        case 0x31: return 0x2F
        default: throw Malformed()
        }
    }

    /// The index a token names (RFC 6901 §4): decimal digits without a leading zero; nil when it names none.
    static func arrayIndex(_ token: Span<UInt8>) -> Int? {
        guard !token.isEmpty, token.count <= 9, token.count == 1 || token[0] != 0x30 else { return nil }
        var value = 0
        for index in token.indices {
            guard ASCII.isDigit(token[index]) else { return nil }
            value = value * 10 + Int(token[index] - 0x30)
        }
        return value
    }
}
