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
