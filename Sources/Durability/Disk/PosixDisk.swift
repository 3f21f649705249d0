import Bytes
import Posix

/// A directory of the operating system.
package final class PosixDisk: Disk {
    private let directory: Directory

    package var path: String { directory.path }

    /// Opens a directory; with `creating` it is made first if it is missing (mode 0700), not its parents.
    package init(path: String, creating: Bool) throws(SystemError) {
        directory = try Directory(path: path, creating: creating)
    }

    /// The same with what can be done about an error.
    package static func open(_ path: String, creating: Bool) throws(RecoveryError) -> PosixDisk {
        do throws(SystemError) { return try PosixDisk(path: path, creating: creating) } catch { throw .system(error) }
    }

    package func create(_ name: String) throws(SystemError) -> any DiskFile {
        PosixFile(try directory.create(name))
    }

    package func openForReading(_ name: String) throws(SystemError) -> any DiskFile {
        PosixFile(try directory.openForReading(name))
    }

    package func openForWriting(_ name: String) throws(SystemError) -> any DiskFile {
        PosixFile(try directory.openForWriting(name))
    }

    package func rename(_ source: String, to target: String) throws(SystemError) {
        try directory.rename(source, to: target)
    }

    package func remove(_ name: String) throws(SystemError) { try directory.remove(name) }
    package func syncDirectory() throws(SystemError) { try directory.sync() }
    package func names() throws(SystemError) -> [String] { try directory.names() }
    package func space() throws(SystemError) -> (free: Int, total: Int) { try directory.space() }
    package func lock() throws(SystemError) { try directory.lock() }
    package func lockForReading() throws(SystemError) { try directory.lockForReading() }
}

private final class PosixFile: DiskFile {
    private let file: RandomAccessFile

    init(_ file: consuming RandomAccessFile) { self.file = file }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) -> Int {
        try file.write(bytes, at: offset)
    }

    func read(at offset: Int, upTo count: Int, into buffer: inout IOBuffer) throws(SystemError) -> Int {
        try file.read(at: offset, upTo: count, into: &buffer)
    }

    func sync() throws(SystemError) { try file.sync() }
    func preallocate(to length: Int) throws(SystemError) { try file.preallocate(to: length) }
    func truncate(to length: Int) throws(SystemError) { try file.truncate(to: length) }
    func length() throws(SystemError) -> Int { try file.length() }
}
