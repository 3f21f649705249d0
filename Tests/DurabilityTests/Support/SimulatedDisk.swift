import Bytes
import Posix
import Synchronization

@testable import Durability

/// A disk in memory that forgets as a real one may: after a loss of power, any of the 4 KiB blocks, lengths and
/// directory entries that were not synced are as they were at the last sync. All chance comes from a seed.
final class SimulatedDisk: Disk {
    static let block = 4096

    /// A file whatever its names are.
    fileprivate struct Node {
        /// What a reader sees.
        var bytes: [UInt8] = []
        /// What the disk holds for sure.
        var synced: [UInt8] = []
        /// Blocks that differ.
        var dirty: Set<Int> = []
        /// Blocks that differ and that no sync brings to the disk any more, unless they are written again: after a sync
        /// that failed the system takes them for clean.
        var forgotten: Set<Int> = []
    }

    fileprivate struct State {
        var nodes: [Node] = []
        var names: [String: Int] = [:]
        var syncedNames: [String: Int] = [:]
        var isLocked = false
        /// Changing calls until the power goes; nil for never.
        var callsLeft: Int?
        var calls = 0
        var shortWrites: SplitMix64?
        var bytesLeft: Int?
        /// How the call begins that finds no room the next time.
        var refused: String?
        var pace: Pace?
    }

    /// How long calls take.
    fileprivate struct Pace {
        let time: SimulatedTime
        var random: SplitMix64
        /// When the disk is well again.
        var slowUntil: Int64 = 0

        /// Nothing mostly, some milliseconds now and then, seldom up to two seconds; much longer while it is slow.
        mutating func pass() {
            switch random.next() % (time.now < slowUntil ? 8 : 512) {
            case 0: time.pass(milliseconds: Int64(random.next() % 2000))
            case 1..<16: time.pass(milliseconds: Int64(random.next() % 20))
            default: break
            }
        }
    }

    fileprivate let state: Mutex<State>
    let path = "simulated"

    init() { state = Mutex(State()) }

    /// The same files, unlocked, to be treated otherwise.
    init(copying other: SimulatedDisk) {
        state = Mutex(other.state.withLock { $0 })
        kill()
    }

    /// The power goes with the changing call behind `calls` more; every call from then on fails.
    func failPower(after calls: Int?) { state.withLock { $0.callsLeft = calls } }

    /// Writes take any part of what they are given.
    func writeShort(seed: UInt64) { state.withLock { $0.shortWrites = SplitMix64(seed: seed) } }

    /// Room for so many more bytes.
    func limit(to bytes: Int?) { state.withLock { $0.bytesLeft = bytes } }

    /// Changing calls take time.
    func take(_ time: SimulatedTime, seed: UInt64) {
        state.withLock { $0.pace = Pace(time: time, random: SplitMix64(seed: seed)) }
    }

    /// Calls take long from now until then, as beside a sync that hangs.
    func beSlow(until time: Int64) { state.withLock { $0.pace?.slowUntil = time } }

    /// The next call that begins so fails for want of room, as a late allocation or a quota may; nil for none.
    func refuseNext(_ call: String?) { state.withLock { $0.refused = call } }

    /// Changing calls so far.
    var calls: Int { state.withLock { $0.calls } }

    /// The process is gone, the machine is not.
    func kill() {
        state.withLock {
            $0.callsLeft = nil
            $0.isLocked = false
        }
    }

    /// The power is gone and back: of what was not synced, chance decides piece by piece.
    func losePower(_ random: inout SplitMix64) {
        kill()
        state.withLock { state in
            for name in Set(state.names.keys).union(state.syncedNames.keys).sorted() where chance(&random) {
                state.names[name] = state.syncedNames[name]
            }
            state.syncedNames = state.names
            for index in state.nodes.indices { state.nodes[index].losePower(&random) }
        }
    }

    /// All files by name.
    var image: [String: [UInt8]] { state.withLock { state in state.names.mapValues { state.nodes[$0].bytes } } }

    func content(_ name: String) -> [UInt8]? {
        state.withLock { state in state.names[name].map { state.nodes[$0].bytes } }
    }

    /// Puts a file on the disk as if it had always been there.
    func place(_ name: String, _ bytes: [UInt8]) {
        state.withLock { state in
            state.nodes.append(Node(bytes: bytes, synced: bytes))
            state.names[name] = state.nodes.count - 1
            state.syncedNames[name] = state.nodes.count - 1
        }
    }

    /// Changes what a file holds, lastingly.
    func edit(_ name: String, _ change: (inout [UInt8]) -> Void) {
        place(
            name,
            {
                var bytes = content(name) ?? []
                change(&bytes)
                return bytes
            }())
    }

    // MARK: Disk

    /// Counts a changing call; throws once the power is gone.
    fileprivate func change<Result>(
        _ call: String, _ body: (inout State) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try state.withLock { (state) throws(SystemError) -> Result in
            state.calls += 1
            if let left = state.callsLeft {
                if left == 0 { throw SystemError.deviceFailure(call) }
                state.callsLeft = left - 1
            }
            state.pace?.pass()
            if let refused = state.refused, call.hasPrefix(refused) {
                state.refused = nil
                throw SystemError.outOfSpace(call)
            }
            return try body(&state)
        }
    }

    func create(_ name: String) throws(SystemError) -> any DiskFile {
        try change("create \(name)") { (state) throws(SystemError) in
            if state.names[name] != nil { throw SystemError.present("create \(name)") }
            state.nodes.append(Node())
            state.names[name] = state.nodes.count - 1
            return SimulatedFile(self, state.nodes.count - 1)
        }
    }

    func openForReading(_ name: String) throws(SystemError) -> any DiskFile {
        guard let node = state.withLock({ $0.names[name] }) else { throw .missing("open \(name)") }
        return SimulatedFile(self, node)
    }

    func openForWriting(_ name: String) throws(SystemError) -> any DiskFile { try openForReading(name) }

    func rename(_ source: String, to target: String) throws(SystemError) {
        try change("rename \(source)") { (state) throws(SystemError) in
            guard let node = state.names.removeValue(forKey: source) else {
                throw SystemError.missing("rename \(source)")
            }
            state.names[target] = node
        }
    }

    func remove(_ name: String) throws(SystemError) {
        try change("unlink \(name)") { (state) throws(SystemError) in
            if state.names.removeValue(forKey: name) == nil { throw SystemError.missing("unlink \(name)") }
        }
    }

    func syncDirectory() throws(SystemError) {
        try change("fsync") { (state) throws(SystemError) in state.syncedNames = state.names }
    }

    func names() throws(SystemError) -> [String] { state.withLock { $0.names.keys.sorted() } }
    func space() throws(SystemError) -> (free: Int, total: Int) { (1 << 40, 1 << 41) }

    func lock() throws(SystemError) {
        try state.withLock { (state) throws(SystemError) in
            if state.isLocked { throw SystemError.locked("flock") }
            state.isLocked = true
        }
    }

    func lockForReading() throws(SystemError) {
        if state.withLock({ $0.isLocked }) { throw SystemError.locked("flock") }
    }
}

private func chance(_ random: inout SplitMix64) -> Bool { random.next() & 1 == 0 }

extension SimulatedDisk.Node {
    mutating func losePower(_ random: inout SplitMix64) {
        // Either length may be the one that lasted.
        var length = bytes.count
        if bytes.count != synced.count, chance(&random) { length = synced.count }
        for block in dirty.union(forgotten).sorted() where chance(&random) {
            let start = min(block * SimulatedDisk.block, bytes.count)
            for index in start..<min(start + SimulatedDisk.block, bytes.count) {
                bytes[index] = index < synced.count ? synced[index] : 0
            }
        }
        // A cut that did not last leaves what was there.
        if length > bytes.count { bytes += synced[bytes.count..<max(bytes.count, min(length, synced.count))] }
        resize(to: length)
        synced = bytes
        dirty = []
        forgotten = []
    }

    mutating func write(_ new: ArraySlice<UInt8>, at offset: Int) {
        let end = offset + new.count
        if end > bytes.count { resize(to: end) }
        bytes.replaceSubrange(offset..<end, with: new)
        for block in offset / SimulatedDisk.block...(max(end, 1) - 1) / SimulatedDisk.block {
            dirty.insert(block)
            forgotten.remove(block)
        }
    }

    mutating func resize(to length: Int) {
        if length < bytes.count {
            bytes.removeLast(bytes.count - length)
        } else {
            bytes += [UInt8](repeating: 0, count: length - bytes.count)
        }
    }

    mutating func sync() {
        if synced.count > bytes.count { synced.removeLast(synced.count - bytes.count) }
        synced += [UInt8](repeating: 0, count: bytes.count - synced.count)
        for block in dirty {
            let start = min(block * SimulatedDisk.block, bytes.count)
            let range = start..<min(start + SimulatedDisk.block, bytes.count)
            if !range.isEmpty { synced.replaceSubrange(range, with: bytes[range]) }
        }
        dirty = []
    }

    mutating func failSync() {
        forgotten.formUnion(dirty)
        dirty = []
    }
}

private final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let node: Int

    init(_ disk: SimulatedDisk, _ node: Int) {
        self.disk = disk
        self.node = node
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) -> Int {
        let all = bytes.copied()
        return try disk.change("write") { (state) throws(SystemError) in
            var count = all.count
            if count > 1, let part = state.shortWrites?.next() { count = Int(part % UInt64(count)) + 1 }
            if let left = state.bytesLeft {
                if left == 0 { throw SystemError.outOfSpace("write") }
                count = min(count, left)
                state.bytesLeft = left - count
            }
            state.nodes[node].write(all[..<count], at: offset)
            return count
        }
    }

    func read(at offset: Int, upTo count: Int, into buffer: inout IOBuffer) throws(SystemError) -> Int {
        let piece = disk.state.withLock { state in
            let bytes = state.nodes[node].bytes
            return offset < bytes.count ? Array(bytes[offset..<min(bytes.count, offset + count)]) : []
        }
        buffer.append(piece)
        return piece.count
    }

    func sync() throws(SystemError) {
        do throws(SystemError) {
            try disk.change("fdatasync") { (state) throws(SystemError) in state.nodes[node].sync() }
        } catch {
            disk.state.withLock { $0.nodes[node].failSync() }
            throw error
        }
    }

    func preallocate(to length: Int) throws(SystemError) {
        try disk.change("fallocate") { (state) throws(SystemError) in
            if state.nodes[node].bytes.count < length { state.nodes[node].resize(to: length) }
        }
    }

    func truncate(to length: Int) throws(SystemError) {
        try disk.change("ftruncate") { (state) throws(SystemError) in state.nodes[node].resize(to: length) }
    }

    func length() throws(SystemError) -> Int { disk.state.withLock { $0.nodes[node].bytes.count } }
}
