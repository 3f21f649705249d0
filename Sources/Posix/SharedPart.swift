import Bytes
import CLinux
import Glibc

/// A run of shared bytes that is to be sent from where it lies.
public struct SharedPart: Sendable {
    public var bytes: SharedBytes
    public var range: Range<Int>

    public init(_ bytes: SharedBytes, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a part outside its bytes")
        self.bytes = bytes
        self.range = range
    }
}

extension StreamSocket {
    /// Parts that one call sends at most: what a burst leaves behind is sent in few calls, and the list of addresses
    /// fits the stack.
    public static let gathered = 32

    /// Writes as much of the parts as the kernel takes, in one call and without copying them together.
    ///
    /// - Parameter parts: at least one; those beyond ``gathered`` are left.
    public func send(gathering parts: ArraySlice<SharedPart>) -> IOResult {
        let raw = descriptor.raw
        let few = parts.prefix(Self.gathered)
        // Unsafe: the addresses are those of immutable bytes that `few` keeps alive beyond the call.
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.gathered) { vectors in
            var count = 0
            for part in few {
                vectors[count] = part.bytes.span.extracting(part.range).withUnsafeBufferPointer {
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                }
                count += 1
            }
            return withExtendedLifetime(few) { Syscalls.send(raw, vectors.baseAddress!, count) }
        }
    }

    /// Bytes that were sent and that the peer has not acknowledged yet, also those that the kernel still holds
    /// (`SIOCOUTQ`); 0 where that is not told.
    public var unacknowledged: Int {
        var count: Int32 = 0
        return ioctl(descriptor.raw, UInt(TIOCOUTQ), &count) < 0 ? 0 : Int(count)
    }

    /// Lets the kernel hold at most `count` bytes that were not sent yet, instead of megabytes: a reader that does not
    /// read then costs no more (`TCP_NOTSENT_LOWAT`). Only a wish: nothing depends on it.
    public func limitUnsent(to count: Int) {
        var count = Int32(clamping: count)
        _ = setsockopt(
            descriptor.raw, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &count, socklen_t(MemoryLayout<Int32>.size))
    }
}

extension Syscalls {
    static func send(_ descriptor: Int32, _ vectors: UnsafeMutablePointer<iovec>, _ count: Int) -> IOResult {
        var message = msghdr()
        message.msg_iov = vectors
        message.msg_iovlen = count
        while true {
            let sent = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
            if sent < 0 && errno == EINTR { continue }
            return result(sent, "sendmsg")
        }
    }
}
