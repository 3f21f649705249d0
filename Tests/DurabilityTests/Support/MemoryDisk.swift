import Bytes
import Posix
import Synchronization

@testable import Durability

/// A disk in memory that holds what it is told, and fails when it is told to.
final class MemoryDisk: Disk {
    private let files = Mutex<[String: MemoryFile]>([:])
    /// Bytes that can still be written before there is no room; negative for no end.
    let room = Atomic<Int>(-1)
    /// What every lock comes to.
    let lockFailure: SystemError?
    let path = "/memory"

    /// Whether a sync leaves a bit flipped in the middle of what it brings to the disk.
    let spoilsSyncs: Bool

    init(lockFailure: SystemError? = nil, spoilsSyncs: Bool = false) {
        self.lockFailure = lockFailure
        self.spoilsSyncs = spoilsSyncs
    }

    func create(_ name: String) throws(SystemError) -> any DiskFile {
        let file = MemoryFile(self)
        let isNew = files.withLock { files in
            guard files[name] == nil else { return false }
            files[name] = file
            return true
        }
        guard isNew else { throw .present(name) }
        return file
    }

    func openForReading(_ name: String) throws(SystemError) -> any DiskFile {
        guard let file = files.withLock({ $0[name] }) else { throw .missing(name) }
        return file
    }

    func openForWriting(_ name: String) throws(SystemError) -> any DiskFile { try openForReading(name) }

    func rename(_ source: String, to target: String) throws(SystemError) {
        let found = files.withLock { files in
            guard let file = files.removeValue(forKey: source) else { return false }
            files[target] = file
            return true
        }
        guard found else { throw .missing(source) }
    }

    func remove(_ name: String) throws(SystemError) {
        guard files.withLock({ $0.removeValue(forKey: name) != nil }) else { throw .missing(name) }
    }

    func syncDirectory() throws(SystemError) {}
    func names() throws(SystemError) -> [String] { files.withLock { $0.keys.sorted() } }
    func space() throws(SystemError) -> (free: Int, total: Int) { (1 << 40, 1 << 40) }
    func lock() throws(SystemError) { if let error = lockFailure { throw error } }
    func lockForReading() throws(SystemError) { if let error = lockFailure { throw error } }

    /// A file's bytes, to be looked at or changed.
    subscript(name: String) -> [UInt8] {
        get { files.withLock { $0[name] }?.bytes.withLock { $0 } ?? [] }
        set {
            let file = MemoryFile(self)
            file.bytes.withLock { $0 = newValue }
            files.withLock { $0[name] = file }
        }
    }
}

final class MemoryFile: DiskFile {
    let bytes = Mutex<[UInt8]>([])
    private let disk: MemoryDisk

    init(_ disk: MemoryDisk) { self.disk = disk }

    func write(_ new: Span<UInt8>, at offset: Int) throws(SystemError) -> Int {
        let room = disk.room.load(ordering: .relaxed)
        if room >= 0 {
            guard room >= new.count else { throw .outOfSpace("write") }
            disk.room.store(room - new.count, ordering: .relaxed)
        }
        let added = new.copied()
        bytes.withLock { bytes in
            if bytes.count < offset { bytes += [UInt8](repeating: 0, count: offset - bytes.count) }
            bytes.replaceSubrange(offset..<min(bytes.count, offset + added.count), with: added)
        }
        return added.count
    }

    func read(at offset: Int, upTo count: Int, into buffer: inout IOBuffer) throws(SystemError) -> Int {
        let part = bytes.withLock { Array($0.dropFirst(offset).prefix(count)) }
        buffer.append(part)
        return part.count
    }

    func sync() throws(SystemError) {
        guard disk.spoilsSyncs else { return }
        bytes.withLock { bytes in if !bytes.isEmpty { bytes[bytes.count / 2] ^= 1 } }
    }
    func preallocate(to length: Int) throws(SystemError) {}
    func truncate(to length: Int) throws(SystemError) { bytes.withLock { $0.removeLast($0.count - length) } }
    func length() throws(SystemError) -> Int { bytes.withLock { $0.count } }
}
