import Glibc

/// Client sockets.
enum Socket {
    /// Connects, blocking, and switches Nagle's algorithm off.
    static func connect(to endpoint: Endpoint) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(endpoint.host, endpoint.port, &hints, &list)
        guard failure == 0 else { fail("\(endpoint.authority): \(String(cString: gai_strerror(failure)))") }
        defer { freeaddrinfo(list) }

        var next = list
        while let info = next {
            let fd = socket(info.pointee.ai_family, info.pointee.ai_socktype, info.pointee.ai_protocol)
            guard fd >= 0 else { failErrno("socket") }
            if Glibc.connect(fd, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 {
                var one: Int32 = 1
                setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
                return fd
            }
            close(fd)
            next = info.pointee.ai_next
        }
        failErrno("connect to \(endpoint.authority)")
    }

    static func makeNonBlocking(_ fd: Int32) {
        let flags = fcntl(fd, F_GETFL)
        guard flags >= 0, fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 else { failErrno("fcntl") }
    }

    /// A blocking read that ends with an error after `seconds`.
    static func setReadTimeout(_ fd: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}
