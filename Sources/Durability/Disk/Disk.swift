import Bytes
import Posix

/// One directory and the files in it, named without a path. What the log, the snapshots and the manifest are kept on;
/// tests put a simulated one in its place, so nothing here may be reached around it.
///
/// Errors are those of the operating system, with the call and the file. Safe from several threads.
package protocol Disk: AnyObject, Sendable {
    /// The directory, for messages.
    var path: String { get }
    /// Makes a file that must not exist yet (mode 0600), empty, for reading and writing.
    func create(_ name: String) throws(SystemError) -> any DiskFile
    func openForReading(_ name: String) throws(SystemError) -> any DiskFile
    func openForWriting(_ name: String) throws(SystemError) -> any DiskFile
    /// Replaces `target` by `source` in one step; lasting only after ``syncDirectory()``.
    func rename(_ source: String, to target: String) throws(SystemError)
    /// Removes a file; lasting only after ``syncDirectory()``.
    func remove(_ name: String) throws(SystemError)
    /// Waits until the disk holds the names as they are now.
    func syncDirectory() throws(SystemError)
    /// The names of all files, in byte order.
    func names() throws(SystemError) -> [String]
    /// Bytes that can still be filled, and all there are.
    func space() throws(SystemError) -> (free: Int, total: Int)
    /// Takes the directory for this process alone until the disk is let go.
    /// - Throws: an error with `isLocked` when another process has it.
    func lock() throws(SystemError)
    /// Keeps the directory from everybody who would take it for themselves alone, until the disk is let go.
    /// - Throws: an error with `isLocked` when another process has taken it.
    func lockForReading() throws(SystemError)
}

extension Disk {
    /// Keeps servers away from a directory that is read as a whole and must stay as it is meanwhile. Where locks do not
    /// work, as on some file systems that are only read, there is none to wait for.
    /// - Throws: `locked` while a server uses it.
    package func claimForReading() throws(RecoveryError) {
        do throws(SystemError) { try lockForReading() } catch {
            if error.isLocked { throw .locked(path) }
        }
    }
}

/// An open file of a ``Disk``. Closed when the last reference goes.
package protocol DiskFile: AnyObject, Sendable {
    /// Writes bytes at `offset` and returns how many were taken, at least one of some.
    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) -> Int
    /// Appends up to `count` bytes from `offset` on to `buffer` and returns how many there were; 0 at the end.
    func read(at offset: Int, upTo count: Int, into buffer: inout IOBuffer) throws(SystemError) -> Int
    /// Waits until the disk holds every byte written so far, and the length. After an error the file must not be
    /// synced or trusted again: a later success would prove nothing.
    func sync() throws(SystemError)
    /// Makes sure of room for the first `length` bytes, which read as zeros where nothing was written.
    func preallocate(to length: Int) throws(SystemError)
    /// Cuts the file, or fills it up with zeros, to `length` bytes.
    func truncate(to length: Int) throws(SystemError)
    /// How many bytes it has.
    func length() throws(SystemError) -> Int
}

extension DiskFile {
    /// Writes all bytes, however many calls it takes.
    package func writeAll(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try write(bytes.extracting(done..<bytes.count), at: offset + done)
        }
    }

    /// How much is read at a time: copying it takes the system less than a tenth of a millisecond.
    private var pieceBytes: Int { 256 << 10 }

    /// Appends `count` bytes from `offset` on, or as many as there are up to the end, and returns how many. Gives way
    /// between pieces.
    @discardableResult
    package func readAll(at offset: Int, upTo count: Int, into buffer: inout IOBuffer) throws(SystemError) -> Int {
        var done = 0
        while done < count {
            let read = try read(at: offset + done, upTo: min(count - done, pieceBytes), into: &buffer)
            if read == 0 { break }
            done += read
            if done < count { Thread.giveWay() }
        }
        return done
    }
}
