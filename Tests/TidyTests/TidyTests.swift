import Testing

/// What style can be a test is a test.
@Suite struct `The tree is tidy` {
    /// Which rooms each room may import. What Swift itself brings is free to all but Foundation, which is to none.
    private static let imports: [String: Set<String>] = [
        "Bytes": ["CChecksum", "Glibc"],
        "Posix": ["Bytes", "CLinux", "CZones", "Glibc"],
        "CacheModel": ["Bytes"],
        "Compression": ["Bytes", "CZlib"],
        "Crypto": ["Bytes", "COpenSSL"],
        "Reactor": ["Bytes", "Posix"],
        "HTTP1": ["Bytes"],
        "JSON": ["Bytes"],
        "CacheEngine": ["Bytes", "CLinux", "CacheModel", "Glibc", "JSON"],
        "Durability": ["Bytes", "CacheModel", "Compression", "Crypto", "Posix"],
        "Observability": ["Bytes", "CacheModel"],
        "PubSub": ["Bytes", "CacheModel"],
        "API": [
            "Bytes", "CacheModel", "Compression", "Crypto", "Durability", "HTTP1", "JSON", "Observability", "Posix",
            "PubSub",
        ],
        "Server": [
            "API", "Bytes", "CacheEngine", "CacheModel", "Crypto", "Durability", "HTTP1", "JSON", "Observability",
            "Posix", "PubSub", "Reactor",
        ],
        "nuthatch": [
            "ArgumentParser", "Bytes", "CacheEngine", "CacheModel", "Durability", "HTTP1", "JSON", "Posix", "Server",
        ],
    ]

    private static let accessLevels: Set<Substring> = ["package", "public", "internal", "private", "fileprivate"]

    @Test func `a room imports only what it may`() throws {
        for file in SourceTree.sources {
            let allowed = try #require(Self.imports[file.room], "\(file.room) is a room that TidyTests do not know")
            for (number, line) in file.lines.enumerated() {
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else { continue }
                if index == 1 && !Self.accessLevels.contains(words[0]) { continue }
                let name = String(words[index + 1])
                #expect(
                    allowed.contains(name) || name == "Synchronization", "\(file.path):\(number + 1) imports \(name)")
            }
        }
    }

    /// Only what is public is inlined into other rooms (docs/decisions/0033).
    @Test func `rooms on the request line declare in public`() {
        for file in SourceTree.sources
        where ["Bytes", "Posix", "Reactor", "HTTP1", "CacheModel", "Observability"].contains(file.room) {
            for (number, line) in file.lines.enumerated()
            where line.trimmed.split(separator: " ").first?.hasPrefix("package") == true {
                Issue.record("\(file.path):\(number + 1) is for the package only")
            }
        }
    }

    @Test func `lines have at most 120 columns`() {
        for file in SourceTree.sources + SourceTree.tests {
            for (number, line) in file.lines.enumerated() where line.count > 120 {
                Issue.record("\(file.path):\(number + 1) has \(line.count)")
            }
        }
    }

    @Test func `functions have at most 70 lines`() {
        for file in SourceTree.sources {
            for function in Functions(of: file).all where function.length > 70 {
                Issue.record("\(file.path):\(function.line) has \(function.length)")
            }
        }
    }

    @Test func `nothing is printed but by the client's streams`() {
        for file in SourceTree.sources {
            for (number, line) in file.lines.enumerated() where line.contains(#/\b(debugPrint|print|dump|NSLog)\(/#) {
                Issue.record("\(file.path):\(number + 1) prints")
            }
        }
    }

    /// `@unchecked Sendable` is a promise, and a promise has a reason, in the comment above it.
    @Test func `what is sendable unchecked says why`() {
        for file in SourceTree.sources {
            for (number, line) in file.lines.enumerated()
            where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
                let above = file.lines[..<number].last { !$0.trimmed.hasPrefix("@") } ?? ""
                #expect(above.trimmed.hasPrefix("//"), "\(file.path):\(number + 1) gives no reason")
            }
        }
    }

    @Test func `no trap is switched off and nothing is left to do`() {
        for file in SourceTree.sources {
            let forbidden = ["-Ounchecked", "try!", "TODO", "FIXME"]
            for (number, line) in file.lines.enumerated() {
                for word in forbidden where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1) has \(word)")
                }
            }
        }
    }

    @Test func `every file of the tree was found`() {
        #expect(SourceTree.sources.count > 50 && Set(SourceTree.sources.map(\.room)) == Set(Self.imports.keys))
    }
}

/// The functions of a file, found by their indentation: the form of the sources is checked by the formatter.
private struct Functions {
    struct Function {
        var line: Int
        var length: Int
    }

    var all: [Function] = []

    init(of file: SourceFile) {
        let start = #/^( *)(?:[@\w().]+ )*(?:func |init[?(<]|deinit|subscript)/#
        for (number, line) in file.lines.enumerated() {
            guard let match = line.firstMatch(of: start) else { continue }
            let end = "\(match.output.1)}"
            guard !line.hasSuffix(" }"), let length = file.lines[number...].firstIndex(where: { $0.hasPrefix(end) })
            else { continue }
            all.append(Function(line: number + 1, length: length - number + 1))
        }
    }
}

extension String {
    fileprivate var trimmed: Substring { drop { $0 == " " } }
}
