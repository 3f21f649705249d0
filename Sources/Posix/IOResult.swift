import Glibc

/// What a read or write on a non-blocking descriptor came to. Not-ready is a value, not an error.
package enum IOResult: Sendable, Equatable {
    case processed(Int)
    case wouldBlock
    case endOfStream
    /// The stream is broken: only to be closed.
    case failed(SystemError)
}

/// An `errno` with the call it came from.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: Int32
    package let call: String

    package init(code: Int32, call: String) {
        self.code = code
        self.call = call
    }

    package var description: String { "\(call): \(Syscalls.message(for: code))" }

    package var isAddressInUse: Bool { code == Syscalls.addressInUse }
}

/// The reasons that a caller tells apart.
extension SystemError {
    /// There is no such file.
    package var isMissing: Bool { code == ENOENT }
    /// There is such a file already.
    package var isPresent: Bool { code == EEXIST }
    /// No room: the disk, a quota or the limit of file sizes.
    package var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
    /// Files may not become so long here.
    package var isFileTooLong: Bool { code == EFBIG }
    /// Another process holds the lock.
    package var isLocked: Bool { code == EWOULDBLOCK }
    /// The device failed.
    package var isDeviceFailure: Bool { code == EIO }

    package static func missing(_ call: String) -> SystemError { SystemError(code: ENOENT, call: call) }
    package static func present(_ call: String) -> SystemError { SystemError(code: EEXIST, call: call) }
    package static func outOfSpace(_ call: String) -> SystemError { SystemError(code: ENOSPC, call: call) }
    package static func deviceFailure(_ call: String) -> SystemError { SystemError(code: EIO, call: call) }
    package static func locked(_ call: String) -> SystemError { SystemError(code: EWOULDBLOCK, call: call) }
}
