import CacheModel

/// Checks for tests: everything that must agree, traps when it does not.
extension EmbeddedEngine {
    package func checkInvariants() {
        var bytes = LockedShard.bytes * allShardCount
        for number in 0..<allShardCount {
            bytes += locked(shards[number]) { shard in
                shard.checkInvariants()
                return shard.accountedBytes
            }
        }
        bytes += context.pointee.sessions.bytes
        context.pointee.sessions.checkInvariants()
        for board in shelf.all { bytes += board.accountedBytes }
        precondition(
            bytes == context.pointee.account.used, "the account says \(context.pointee.account.used), not \(bytes)")
    }
}

extension Shard {
    func checkInvariants() {
        index.checkInvariants()
        var reached = 0
        for table in 0..<HashIndex.tableCount {
            _ = index.walk(table: table, from: 0) { reference in
                let entry = store.entry(reference)
                precondition(!entry.isDead, "the index points at a dead entry")
                let hash = hasher.hash(entry.key)
                precondition(HashIndex.tableIndex(hash) == table, "an entry in another's sub-table")
                precondition(find(entry.key, hash)?.reference == reference, "an entry is not found by its key")
                precondition(
                    store.due(Int32(SegmentStore.segment(reference))) <= dueBound(entry), "an end was overlooked")
                reached += entry.key.count + entry.valueCount
                return true
            }
        }
        precondition(reached == payload, "the payload is \(reached), not \(payload)")
        store.checkInvariants(entries: index.count)
        checkOrder()
    }

    private func checkOrder() {
        guard let ordered else { return }
        ordered.checkInvariants(store)
        precondition(ordered.count == index.count, "the ordered index misses entries")
    }

    /// A segment rests after it was looked through, so it may be due that much after its first end.
    private func dueBound(_ entry: Entry) -> Int64 {
        let removal = entry.times.removal
        return removal == .max ? .max : removal + ExpirySweep.rest
    }

    var accountedBytes: Int {
        var bytes = index.bytes + departures.bytes + deletedVersions.bytes + (ordered?.bytes ?? 0)
        bytes += store.accountedBytes
        return bytes
    }
}

extension SegmentStore {
    /// Traps unless the chains are linked both ways and their sums are those of their segments' entries.
    func checkInvariants(entries: Int) {
        var live = 0
        for name in ChainName.allCases { live += checkChain(name) }
        precondition(live == entries, "\(live) live entries in segments, \(entries) in the index")
    }

    private func checkChain(_ name: ChainName) -> Int {
        let chain = chain(name).pointee
        var (count, live, large, entries) = (0, 0, 0, 0)
        var previous: Int32 = 0
        var number = chain.head
        while number != 0 {
            let segment = segments[Int(number)]
            precondition(segment.previous == previous && segment.chain == name, "a chain is linked wrongly")
            let (segmentLive, segmentLarge, segmentEntries) = sum(number)
            precondition(segmentLive == Int(segment.live), "a segment's live bytes are wrong")
            count += 1
            live += segmentLive
            large += segmentLarge
            entries += segmentEntries
            previous = number
            number = segment.next
        }
        precondition(previous == chain.tail && count == chain.count, "a chain's ends are wrong")
        precondition(live == chain.live && large == chain.large, "a chain's sums are wrong")
        return entries
    }

    private func sum(_ number: Int32) -> (live: Int, large: Int, entries: Int) {
        var sums = (live: 0, large: 0, entries: 0)
        var offset = 0
        while let entry = entry(in: number, at: offset) {
            offset += entry.size
            precondition(entry.size >= Entry.headerBytes, "an entry without a size")
            if entry.isDead { continue }
            sums.live += entry.size
            sums.large += entry.flags.contains(.large) ? Footprint.largeValue(entry.valueCount) : 0
            sums.entries += 1
        }
        return sums
    }

    var accountedBytes: Int {
        var bytes = capacity * MemoryLayout<Segment>.stride + spareCount * Self.segmentBytes
        for name in ChainName.allCases { bytes += weight(of: name) }
        return bytes
    }
}
