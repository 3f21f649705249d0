import Bytes
import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port.
public struct SocketAddress: Sendable {
    private var storage: sockaddr_storage
    private var length: socklen_t

    init(_ storage: sockaddr_storage, _ length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    /// Resolves a literal or a name to the first address of it. Blocks while a name is looked up.
    public static func resolve(host: String, port: UInt16, forListening: Bool) throws(SystemError) -> SocketAddress {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = forListening ? AI_PASSIVE : 0
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found else {
            throw SystemError(code: EADDRNOTAVAIL, call: "\(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(
                from: UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen)))
        }
        return SocketAddress(storage, first.pointee.ai_addrlen)
    }

    var family: Int32 { Int32(storage.ss_family) }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    public var port: UInt16 {
        get {
            // sin_port and sin6_port lie at the same place: two bytes behind the family, in network order.
            withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
        }
        set {
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: newValue.bigEndian, toByteOffset: 2, as: UInt16.self)
            }
        }
    }

    /// What limits per client count by: the IPv4 address, or the /64 network of an IPv6 one.
    public var network: PeerAddress {
        withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET {
                return PeerAddress(high: 0, low: UInt64(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            }
            let high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            // An IPv4 address mapped into IPv6 is that IPv4 address.
            if high == 0 && low >> 32 == 0xFFFF {
                return PeerAddress(high: 0, low: UInt64(UInt32(truncatingIfNeeded: low).bigEndian))
            }
            return PeerAddress(high: high, low: .max)
        }
    }

    /// True for 127.0.0.0/8 and ::1.
    public var isLoopback: Bool {
        withUnsafeBytes(of: storage) { bytes in
            if family == AF_INET { return bytes[4] == 127 }
            return (8..<23).allSatisfy { bytes[$0] == 0 } && bytes[23] == 1
        }
    }

    /// The numeric form, `127.0.0.1:8379` or `[::1]:8379`.
    public var text: String {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = withPointer { getnameinfo($0, $1, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) }
        guard code == 0 else { return "?" }
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return family == AF_INET6 ? "[\(name)]:\(port)" : "\(name):\(port)"
    }
}
