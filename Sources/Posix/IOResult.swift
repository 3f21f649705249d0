import Glibc

/// What a read or write on a non-blocking descriptor came to. Not-ready is a value, not an error.
public enum IOResult: Sendable, Equatable {
    case processed(Int)
    case wouldBlock
    case endOfStream
    /// The stream is broken: only to be closed.
    case failed(SystemError)
}

/// An `errno` with the call it came from.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    public let code: Int32
    public let call: String

    public init(code: Int32, call: String) {
        self.code = code
        self.call = call
    }

    public var description: String { "\(call): \(Syscalls.message(for: code))" }

    public var isAddressInUse: Bool { code == Syscalls.addressInUse }
}

/// The reasons that a caller tells apart.
extension SystemError {
    /// There is no such file.
    public var isMissing: Bool { code == ENOENT }
    /// There is such a file already.
    public var isPresent: Bool { code == EEXIST }
    /// No room: the disk, a quota or the limit of file sizes.
    public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
    /// Files may not become so long here.
    public var isFileTooLong: Bool { code == EFBIG }
    /// Another process holds the lock.
    public var isLocked: Bool { code == EWOULDBLOCK }
    /// The device failed.
    public var isDeviceFailure: Bool { code == EIO }

    /// What a person can do about it where it concerns a file or a directory: a sentence without its full stop.
    public var advice: String {
        switch code {
        case ENOSPC, EDQUOT: "Make room on the disk, or raise the quota"
        case EFBIG: "Raise the limit of file sizes (ulimit -f)"
        case EIO: "Look at the disk (dmesg, smartctl), and go on only on a sound one"
        case EROFS: "Mount the file system for writing"
        case EACCES, EPERM: "Give the server's user rights to the directory and all files in it"
        case ENOENT, ENOTDIR, ELOOP: "Look whether this is the right directory, and whether its file system is mounted"
        case EEXIST: "Move that file out of the directory"
        case EMFILE, ENFILE: "Raise the limit of open files (ulimit -n)"
        case ENOMEM, EAGAIN: "Give the server more memory or threads"
        default: "Look for the cause in the system's log (dmesg)"
        }
    }

    public static func missing(_ call: String) -> SystemError { SystemError(code: ENOENT, call: call) }
    public static func present(_ call: String) -> SystemError { SystemError(code: EEXIST, call: call) }
    public static func outOfSpace(_ call: String) -> SystemError { SystemError(code: ENOSPC, call: call) }
    public static func deviceFailure(_ call: String) -> SystemError { SystemError(code: EIO, call: call) }
    public static func locked(_ call: String) -> SystemError { SystemError(code: EWOULDBLOCK, call: call) }
}
