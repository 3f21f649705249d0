import Bytes
import Posix
import Testing

@Suite struct SocketAddressTests {
    @Test func `clients of one IPv6 network count as one, IPv4 clients each for themselves`() throws {
        let network = { (host: String) in
            try SocketAddress.resolve(host: host, port: 1, forListening: false).network
        }
        #expect(try network("2001:db8::1") == network("2001:db8::ffff:1"))
        #expect(try network("2001:db8:0:1::1") != network("2001:db8:0:2::1"))
        #expect(try network("10.0.0.1") != network("10.0.0.2"))
        #expect(try network("::ffff:10.0.0.1") == network("10.0.0.1"))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("0.0.0.0", false), ("::", false), ("10.0.0.1", false),
    ])
    func `loopback addresses are known`(host: String, isLoopback: Bool) throws {
        #expect(try SocketAddress.resolve(host: host, port: 1, forListening: true).isLoopback == isLoopback)
    }

    @Test func `a port in use is refused`() throws {
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: 0, forListening: true)
        let first = try ListeningSocket.listen(on: address, shared: true, stallTimeout: 1_000)
        let taken = try first.localAddress()
        #expect(throws: SystemError.self) {
            let second = try ListeningSocket.listen(on: taken, shared: false, stallTimeout: 1_000)
            _ = second
        }
        _ = first
    }

    @Test func `a small file is read whole and a larger one than allowed is refused`() throws {
        let bytes = try Files.readAll("/proc/self/status", limit: 1 << 20)
        #expect(!bytes.isEmpty)
        #expect(throws: SystemError.self) { try Files.readAll("/proc/self/status", limit: 10) }
        #expect(throws: SystemError.self) { try Files.readAll("/nowhere/at/all", limit: 10) }
    }
}
