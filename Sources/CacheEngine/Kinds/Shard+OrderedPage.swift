import Bytes
import CacheModel

/// What an ordered page asks for, beside where it starts.
struct OrderedQuery {
    let prefix: RawBytes
    let start: RawBytes
    let end: RawBytes
    let delimiter: RawBytes

    init(_ command: borrowing List) {
        prefix = RawBytes(command.prefix)
        start = RawBytes(command.start)
        end = RawBytes(command.end)
        delimiter = RawBytes(command.delimiter)
    }

    /// How long the part of the key is that stands for all keys with it: up to and with the first delimiter behind the
    /// prefix. Nil when there is none.
    func foldedLength(_ key: RawBytes) -> Int? {
        guard !delimiter.isEmpty, key.starts(with: prefix) else { return nil }
        var offset = prefix.count
        while offset + delimiter.count <= key.count {
            if RawBytes(start: key.start + offset, count: delimiter.count).equals(delimiter) {
                return offset + delimiter.count
            }
            offset += 1
        }
        return nil
    }

    /// Whether a key comes before all that may follow `after`: a key's own successors, or what lies behind a folded
    /// part.
    func isBefore(_ key: RawBytes, after: RawBytes) -> Bool {
        if key.compare(prefix) < 0 || key.compare(start) < 0 { return true }
        if after.isEmpty { return false }
        if foldedLength(after) == after.count { return key.prefix(after.count).compare(after) <= 0 }
        return key.compare(after) <= 0
    }

    func isPast(_ key: RawBytes) -> Bool {
        !key.starts(with: prefix) || !end.isEmpty && key.compare(end) >= 0
    }
}

/// Rows one shard has to offer, copied.
struct OrderedChunk {
    struct Row {
        var key: ByteSlice
        var fields: ByteSlice
        var info: EntryInfo
        var isPrefix: Bool
    }

    var rows: [Row] = []
    var next = 0
    /// Nothing follows the rows.
    var isLast = false
}

extension Shard {
    /// Refills a chunk with up to `limit` rows that follow `after`.
    func fill(
        _ chunk: inout OrderedChunk, _ query: OrderedQuery, after: RawBytes, limit: Int, _ now: Instant,
        bytes: inout IOBuffer
    ) {
        chunk.rows.removeAll(keepingCapacity: true)
        chunk.next = 0
        chunk.isLast = true
        guard let ordered else { return }
        var place = ordered.firstPlace(store) { query.isBefore($0, after: after) }
        while let reference = ordered.reference(at: place) {
            let entry = store.entry(reference)
            let key = entry.key
            if query.isPast(key) { return }
            guard isVisible(entry, now) else {
                place = ordered.next(place)
                continue
            }
            if chunk.rows.count == limit {
                chunk.isLast = false
                return
            }
            if let length = query.foldedLength(key) {
                let folded = key.prefix(length)
                chunk.rows.append(
                    OrderedChunk.Row(
                        key: Self.copy(folded, &bytes), fields: .empty, info: EntryInfo(), isPrefix: true))
                place = ordered.firstPlace(store) { $0.prefix(length).compare(folded) <= 0 }
            } else {
                var row = OrderedChunk.Row(
                    key: Self.copy(key, &bytes), fields: Self.copy(entry.fields, &bytes), info: EntryInfo(),
                    isPrefix: false)
                entry.fill(&row.info)
                chunk.rows.append(row)
                place = ordered.next(place)
            }
        }
    }

    private static func copy(_ piece: RawBytes, _ bytes: inout IOBuffer) -> ByteSlice {
        let start = bytes.count
        bytes.append(piece.span)
        return ByteSlice(start: start, count: piece.count)
    }
}
