import Bytes
import CacheModel

/// A counter's uniques and items go with it.
extension Shard {
    /// Removes an entry, and with a counter its parts, in one group of the log.
    mutating func removeWithParts(
        _ found: Found, _ hash: UInt64, _ reason: MissReason, at instant: Instant, now: Instant
    ) -> Position {
        guard CounterKeys.isMain(found.entry.key), let state = CounterState(found.entry.value.span),
            !state.flags.isDisjoint(with: [.uniques, .items])
        else { return removeAlone(found, hash, reason, at: instant, now: now) }
        var keys = IOBuffer()
        let slices = partKeys(of: found.entry, state, &keys)
        let parts = slices.map { RawBytes(keys.readable.extracting($0)) }
        let isOwnGroup = run.left == 0
        if isOwnGroup { run = context.pointee.takePositions(1 + parts.count) }
        let position = removeAlone(found, hash, reason, at: instant, now: now)
        for part in parts {
            let hash = hasher.hash(part)
            if let found = find(part, hash) { removeAlone(found, hash, reason, at: instant, now: now) }
        }
        return position
    }

    /// The stored keys of the parts that are there.
    private func partKeys(of entry: Entry, _ state: CounterState, _ keys: inout IOBuffer) -> [ByteSlice] {
        let name = CounterKeys.name(in: entry.key)
        var slices: [ByteSlice] = []
        func add(_ window: CounterWindow?, _ bucket: Int64, _ keys: inout IOBuffer) {
            for part in CounterKeys.Part.allCases {
                let start = keys.count
                CounterKeys.append(part, of: name.span, window, bucket: bucket, to: &keys)
                let key = RawBytes(keys.readable.extracting(start..<keys.count))
                if find(key, hasher.hash(key)) == nil {
                    keys.truncate(to: start)
                } else {
                    slices.append(ByteSlice(start..<keys.count))
                }
            }
        }
        add(nil, 0, &keys)
        for index in 0..<state.windowCount {
            let ring = state.ring(index)
            guard ring.used > 0 else { continue }
            for bucket in (ring.newest - Int64(ring.used) + 1)...ring.newest { add(ring.window, bucket, &keys) }
        }
        return slices
    }
}
