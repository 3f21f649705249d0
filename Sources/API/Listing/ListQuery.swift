import Bytes
import CacheModel
import HTTP1

/// What a listing asks for.
struct ListQuery: ~Copyable {
    var prefix = IOBuffer()
    var start = IOBuffer()
    var end = IOBuffer()
    var delimiter = IOBuffer()
    var limit = 100
    /// In byte order, by the ordered index.
    var ordered = false
    /// Folded prefixes were asked for.
    var folds = false
    var shows = RowMembers()

    /// Everything, as it comes.
    init() {}

    static let parameters = ParameterSet(
        .prefix, .prefix64, .limit, .cursor, .order, .start, .start64, .end, .end64, .delimiter, .fields)

    /// - Parameter isIndexed: the engine keeps the index, so lists are ordered unless told otherwise.
    init(_ parameters: borrowing Parameters, isIndexed: Bool) throws(Problem) {
        _ = try parameters.name(.prefix, .prefix64, into: &prefix)
        let hasStart = try parameters.name(.start, .start64, into: &start)
        let hasEnd = try parameters.name(.end, .end64, into: &end)
        if let text = parameters[.delimiter] {
            guard !text.isEmpty && text.count <= Limits.keyBytes else {
                throw .bad(.delimiter, "1 to 4096 bytes that end a folded name, as in /")
            }
            delimiter.append(text)
            folds = true
        }
        if let given = try parameters.number(.limit, in: 1...Int64(Limits.pageRows), "1 to 1000") {
            limit = Int(given)
        }
        let needsOrder = hasStart || hasEnd || folds
        ordered = isIndexed || needsOrder
        if let text = parameters[.order] {
            if text.equals("none") {
                if needsOrder { throw .bad(.order, "none, beside what needs an order") }
                ordered = false
            } else if text.equals("bytes") {
                ordered = true
            } else {
                throw .bad(.order, "bytes (needs --ordered-keys) or none")
            }
        }
        if let text = parameters[.fields] { shows = try RowMembers(text) }
    }
}

/// Which members a row shows beside its key.
struct RowMembers: OptionSet {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    static let timeToLive = RowMembers(rawValue: 1)
    static let size = RowMembers(rawValue: 2)
    static let etag = RowMembers(rawValue: 4)
    static let type = RowMembers(rawValue: 8)

    /// A list such as `ttl,size`.
    init(_ text: Span<UInt8>) throws(Problem) {
        self.init()
        var names = ListElements(text)
        while let name = names.next() {
            if name.equals("ttl") {
                insert(.timeToLive)
            } else if name.equals("size") {
                insert(.size)
            } else if name.equals("etag") {
                insert(.etag)
            } else if name.equals("type") {
                insert(.type)
            } else {
                throw .bad(.fields, "a list of ttl, size, etag and type")
            }
        }
    }
}
