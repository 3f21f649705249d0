import Bytes
import CacheModel

/// Lists and groups.
extension ModelRun {
    static func list(
        _ list: borrowing List, _ indexed: Bool, _ stepRows: Int, _ state: inout State, _ reply: inout Reply
    ) {
        reply.outcome = .page
        let prefix = list.prefix.copied()
        let keys = state.entries.keys.filter { $0.starts(with: prefix) }.sorted { $0.lexicographicallyPrecedes($1) }
        guard list.ordered else { return walk(list, keys, stepRows, state, &reply) }
        guard indexed else { return reply.outcome = .notIndexed }
        let (start, end) = (list.start.copied(), list.end.copied())
        let (after, delimiter) = (list.after.copied(), list.delimiter.copied())
        var last: [UInt8]?
        for key in keys {
            if key.lexicographicallyPrecedes(start) || (!end.isEmpty && !key.lexicographicallyPrecedes(end)) {
                continue
            }
            let fold = self.fold(key, prefix, delimiter)
            let shown = fold ?? key
            if !after.isEmpty && !after.lexicographicallyPrecedes(shown) { continue }
            if shown == last { continue }
            if reply.rows.count == list.limit { return reply.nextCursor = 1 }
            last = shown
            append(shown, state.entries[key], isPrefix: fold != nil, &reply)
        }
    }

    private static func fold(_ key: [UInt8], _ prefix: [UInt8], _ delimiter: [UInt8]) -> [UInt8]? {
        guard !delimiter.isEmpty else { return nil }
        var index = prefix.count
        while index + delimiter.count <= key.count {
            if Array(key[index..<index + delimiter.count]) == delimiter {
                return Array(key[..<(index + delimiter.count)])
            }
            index += 1
        }
        return nil
    }

    /// Steps of `stepRows` keys, in an order that is none: from the last key down.
    private static func walk(
        _ list: borrowing List, _ keys: [[UInt8]], _ stepRows: Int, _ state: State, _ reply: inout Reply
    ) {
        let order = Array(keys.reversed())
        var index = Int(list.tableCursor ?? 0)
        while index < order.count && reply.rows.count < list.limit {
            for key in order[index..<min(index + stepRows, order.count)] {
                append(key, state.entries[key], isPrefix: false, &reply)
            }
            index += stepRows
        }
        reply.nextCursor = index < order.count ? UInt64(index) : nil
    }

    private static func append(_ key: [UInt8], _ entry: Entry?, isPrefix: Bool, _ reply: inout Reply) {
        var row = ReplyRow(outcome: .hit)
        row.key = ByteSlice(start: reply.bytes.count, count: key.count)
        row.isPrefix = isPrefix
        if let entry { row.info = entry.info() }
        reply.bytes.append(key)
        reply.rows.append(row)
    }

    static func group(_ group: borrowing Group, _ now: Instant, _ state: inout State, _ reply: inout Reply) {
        let before = state
        var failed = false
        var rows: [ReplyRow] = []
        for index in group.operations.indices {
            var single = Reply()
            run(group.operations[index], group.bytes, now, &state, &single)
            switch single.outcome {
            case .preconditionFailed, .staleVersion, .outOfBounds, .tooLarge, .memoryFull: failed = true
            default: break
            }
            var row = ReplyRow(outcome: single.outcome)
            row.info = single.entry
            row.value = ByteSlice(start: reply.bytes.count, count: single.valueBytes.count)
            reply.bytes.append(single.valueBytes)
            rows.append(row)
        }
        reply.rows = rows
        reply.outcome = failed ? .groupFailed : .groupDone
        if failed { state = before }
    }

    private static func run(
        _ operation: GroupOperation, _ bytes: Span<UInt8>, _ now: Instant, _ state: inout State, _ reply: inout Reply
    ) {
        let key = bytes.extracting(operation.key)
        let match = positions(operation.ifMatch)
        let noneMatch = positions(operation.ifNoneMatch)
        let precondition = Precondition(
            ifMatch: condition(operation.ifMatch, match.span),
            ifNoneMatch: condition(operation.ifNoneMatch, noneMatch.span),
            ifUnmodifiedSince: nil)
        let ticket = Ticket(packed: 0)
        var command: Command
        switch operation.verb {
        case .get: command = .read(Read(key: key, slides: false))
        case .put(let value, let fields, let lifetime):
            command = .put(
                Put(
                    key: key, value: bytes.extracting(value), fields: bytes.extracting(fields), lifetime: lifetime,
                    version: operation.version, precondition: precondition, wantsPrevious: false))
        case .delete:
            command = .delete(
                Delete(key: key, version: operation.version, precondition: precondition, wantsPrevious: false))
        case .touch(let lifetime):
            command = .touch(
                Touch(key: key, change: .lifetime(lifetime), precondition: precondition, wantsValue: false))
        case .append(let piece, let maximum):
            command = .extend(
                Extend(
                    key: key, bytes: bytes.extracting(piece), end: .back, maximumLength: maximum, fields: Span(),
                    precondition: precondition))
        }
        _ = self.run(command, now, ticket, false, 1, &state, &reply)
    }

    private static func positions(_ condition: GroupOperation.Condition) -> [Position] {
        if case .position(let position) = condition { return [position] }
        return []
    }

    @_lifetime(copy positions)
    private static func condition(_ condition: GroupOperation.Condition, _ positions: Span<Position>) -> TagCondition {
        switch condition {
        case .absent: .absent
        case .any: .any
        case .position, .unknownTag: .oneOf(positions)
        }
    }
}
