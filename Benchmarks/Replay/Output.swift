import Glibc

/// Writes to a descriptor. Swift's `print` buffers, and the results must be out before `exit`.
func emit(_ text: String, to descriptor: Int32 = 1) {
    var text = text
    text.withUTF8 { bytes in
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            done += count
        }
    }
}

/// Ends the program because of something the caller must mend.
func fail(_ message: String) -> Never {
    emit("nuthatch-replay: \(message)\n", to: 2)
    exit(2)
}

func failErrno(_ what: String) -> Never {
    fail("\(what): \(String(cString: strerror(errno)))")
}
