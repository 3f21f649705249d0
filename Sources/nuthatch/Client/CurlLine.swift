/// A request as the shell line that sends the same with curl.
enum CurlLine {
    static func text(for request: ClientRequest, to server: ServerURL) -> String {
        var words = ["curl"]
        switch request.body {
        case .none:
            if request.method != "GET" { words += ["-X", request.method] }
        case .argument(let value):
            // Unlike --data-binary it takes an @ at the start for what it is.
            words += ["-X", request.method, "--data-raw", quoted(value)]
        case .standardInput:
            words += ["-X", request.method, "--data-binary", "@-"]
        }
        for field in request.fields { words += ["-H", quoted("\(field.name): \(field.value)")] }
        if let token = request.token { words += ["-H", "\"Authorization: Bearer \(token.shellText)\""] }
        if hasDotSegment(request.target) { words.append("--path-as-is") }
        words.append(quoted("\(server.text)\(request.target)"))
        return words.joined(separator: " ")
    }

    /// One word for a POSIX shell that means exactly `text`.
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case 0x25, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x3A, 0x3D, 0x40, 0x5F: true
            default: false
            }
        }
        if isPlain && !text.isEmpty { return text }
        var word = "'"
        for scalar in text.unicodeScalars { word += scalar == "'" ? "'\\''" : String(scalar) }
        return word + "'"
    }

    /// curl takes `.` and `..` out of paths, where they are part of a key's name here.
    private static func hasDotSegment(_ target: String) -> Bool {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        return path.split(separator: UInt8(ascii: "/")).contains { segment in
            segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
        }
    }
}
