import CLinux
import Glibc

/// Wakes a loop from another thread (`eventfd`).
public struct WakeupDescriptor: ~Copyable, Sendable {
    public let descriptor: Descriptor

    public init() throws(SystemError) {
        let flags = Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC)
        descriptor = Descriptor(owning: try Syscalls.checked("eventfd") { eventfd(0, flags) })
    }

    /// Makes the descriptor readable. A full counter is readable already, so failing to add is no loss.
    public func signal() {
        var one: UInt64 = 1
        _ = write(descriptor.raw, &one, 8)
    }

    /// Makes it unreadable again.
    public func reset() {
        var value: UInt64 = 0
        _ = read(descriptor.raw, &value, 8)
    }
}
