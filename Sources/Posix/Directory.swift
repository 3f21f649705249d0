import Glibc

/// An open directory: every name is resolved from it, so that renaming a parent changes nothing.
public struct Directory: ~Copyable, Sendable {
    private let descriptor: Descriptor
    /// Its path, for messages.
    public let path: String

    /// Opens a directory; with `creating` it is made first if it is missing (mode 0700), not its parents.
    public init(path: String, creating: Bool) throws(SystemError) {
        if creating, mkdir(path, 0o700) != 0, errno != EEXIST { throw Syscalls.failure("mkdir \(path)") }
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        let raw = try Syscalls.checked("open \(path)") { Glibc.open(path, flags) }
        descriptor = Descriptor(owning: raw)
        self.path = path
    }

    /// Makes a file that must not exist yet.
    public func create(_ name: String) throws(SystemError) -> RandomAccessFile {
        try open(name, O_RDWR | O_CREAT | O_EXCL)
    }

    public func openForReading(_ name: String) throws(SystemError) -> RandomAccessFile { try open(name, O_RDONLY) }
    public func openForWriting(_ name: String) throws(SystemError) -> RandomAccessFile { try open(name, O_RDWR) }

    private func open(_ name: String, _ flags: Int32) throws(SystemError) -> RandomAccessFile {
        let raw = try Syscalls.checked("open \(path)/\(name)") {
            openat(descriptor.raw, name, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        }
        return RandomAccessFile(Descriptor(owning: raw), path: "\(path)/\(name)")
    }

    /// Replaces `target` by `source` in one step.
    public func rename(_ source: String, to target: String) throws(SystemError) {
        try Syscalls.checked("rename \(path)/\(source) to \(target)") {
            renameat(descriptor.raw, source, descriptor.raw, target)
        }
    }

    /// Removes a file.
    public func remove(_ name: String) throws(SystemError) {
        try Syscalls.checked("unlink \(path)/\(name)") { unlinkat(descriptor.raw, name, 0) }
    }

    /// Waits until the disk holds the names as they are now.
    public func sync() throws(SystemError) {
        try Syscalls.checked("fsync \(path)") { fsync(descriptor.raw) }
    }

    /// The names of what lies in it, in byte order, without `.` and `..`.
    public func names() throws(SystemError) -> [String] {
        let raw = try Syscalls.checked("open \(path)") {
            openat(descriptor.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let stream = fdopendir(raw) else {
            let error = Syscalls.failure("fdopendir \(path)")
            Syscalls.close(raw)
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw Syscalls.failure("readdir \(path)") }
                return names.sorted()
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// Room of the file system that an ordinary user can still fill, and all it has, in bytes.
    public func space() throws(SystemError) -> (free: Int, total: Int) {
        var status = statvfs()
        try Syscalls.checked("fstatvfs \(path)") { fstatvfs(descriptor.raw, &status) }
        let block = Int(clamping: status.f_frsize)
        let free = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: block)
        let total = Int(clamping: status.f_blocks).multipliedReportingOverflow(by: block)
        return (free.overflow ? .max : free.partialValue, total.overflow ? .max : total.partialValue)
    }

    /// Locks the directory for this process alone, until it ends or the directory is closed.
    /// - Throws: an error that says ``SystemError/isLocked`` when another process holds the lock.
    public func lock() throws(SystemError) {
        try Syscalls.checked("flock \(path)") { flock(descriptor.raw, LOCK_EX | LOCK_NB) }
    }

    /// Keeps the directory from everybody who would have it alone, until this process ends or the directory is closed.
    /// Others may do the same meanwhile. Writes nothing.
    /// - Throws: an error that says ``SystemError/isLocked`` when another process has it alone.
    public func lockForReading() throws(SystemError) {
        try Syscalls.checked("flock \(path)") { flock(descriptor.raw, LOCK_SH | LOCK_NB) }
    }
}
