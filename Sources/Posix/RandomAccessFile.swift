import Bytes
import Glibc

/// A file of the disk, read and written at offsets. Only its owner can reach it (mode 0600).
public struct RandomAccessFile: ~Copyable, Sendable {
    private let descriptor: Descriptor
    /// Its path, for messages.
    private let path: String

    init(_ descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Writes bytes at `offset` and returns how many the kernel took, which may be fewer; never 0 of some.
    public func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        let raw = descriptor.raw
        while true {
            let count = bytes.withUnsafeBytes { pwrite(raw, $0.baseAddress, $0.count, offset) }
            if count > 0 { return count }
            // A disk that takes nothing and names no reason is taken to be full.
            if count == 0 { throw SystemError(code: ENOSPC, call: "pwrite \(path), byte \(offset)") }
            if errno != EINTR { throw Syscalls.failure("pwrite \(path), byte \(offset)") }
        }
    }

    /// Appends up to `count` bytes from `offset` on to `buffer` and returns how many there were; 0 at the end.
    public func read(at offset: Int, upTo count: Int, into buffer: inout IOBuffer) throws(SystemError) -> Int {
        guard count > 0 else { return 0 }
        let raw = descriptor.raw
        while true {
            var result = 0
            var code: Int32 = 0
            _ = buffer.append(minimum: count) { room in
                result = pread(raw, room.baseAddress, count, offset)
                code = errno
                return max(0, result)
            }
            if result >= 0 { return result }
            if code != EINTR { throw SystemError(code: code, call: "pread \(path), byte \(offset)") }
        }
    }

    /// Waits until the disk holds every byte written so far and the length (`fdatasync`). Never retried after an error:
    /// Linux may have dropped the pages, and a later success would prove nothing.
    public func sync() throws(SystemError) {
        try Syscalls.checked("fdatasync \(path)") { fdatasync(descriptor.raw) }
    }

    /// Makes sure of room for the first `length` bytes; the file reads as zeros where nothing was written.
    public func preallocate(to length: Int) throws(SystemError) {
        while true {
            let code = posix_fallocate(descriptor.raw, 0, length)
            if code == 0 { return }
            if code != EINTR { throw SystemError(code: code, call: "posix_fallocate \(path)") }
        }
    }

    /// Cuts the file, or fills it up with zeros, to `length` bytes.
    public func truncate(to length: Int) throws(SystemError) {
        try Syscalls.checked("ftruncate \(path)") { ftruncate(descriptor.raw, length) }
    }

    /// How many bytes the file has.
    public func length() throws(SystemError) -> Int {
        var status = stat()
        try Syscalls.checked("fstat \(path)") { fstat(descriptor.raw, &status) }
        return status.st_size
    }
}
