import CacheModel

/// Takes the lines of a manifest one after the other.
struct ManifestLines {
    private let lines: [Substring]
    /// The number of the line last taken, from 1.
    private(set) var number = 0

    /// `body` ends with a line feed.
    init(_ body: String) { lines = body.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }

    var isAtEnd: Bool { number == lines.count }

    /// The words behind `name` on the next line.
    mutating func words(_ name: String, count: Int) throws(ManifestFlaw) -> [Substring] {
        number += 1
        guard number <= lines.count else { throw .line(number) }
        let words = lines[number - 1].split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == count + 1, words[0] == name else { throw .line(number) }
        return Array(words.dropFirst())
    }

    mutating func only(_ name: String) throws(ManifestFlaw) -> Substring { try words(name, count: 1)[0] }

    mutating func number(_ name: String, within limit: UInt64) throws(ManifestFlaw) -> UInt64 {
        let word = try only(name)
        guard let value = UInt64(word), value <= limit, "\(value)" == word else { throw .line(number) }
        return value
    }

    /// The members of the next line if it begins with `name`, else nil.
    mutating func members(of name: String) throws(ManifestFlaw) -> ManifestMembers? {
        guard number < lines.count, lines[number].hasPrefix("\(name) ") else { return nil }
        number += 1
        return try ManifestMembers(lines[number - 1].dropFirst(name.utf8.count + 1), line: number)
    }
}

/// The `name=value` words of one line; each is taken once and none may be left.
struct ManifestMembers {
    private var values: [Substring: Substring] = [:]
    private let line: Int

    init(_ text: Substring, line: Int) throws(ManifestFlaw) {
        self.line = line
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            guard let equals = word.firstIndex(of: "=") else { throw .line(line) }
            let name = word[..<equals]
            guard values.updateValue(word[word.index(after: equals)...], forKey: name) == nil else {
                throw .line(line)
            }
        }
    }

    func has(_ name: Substring) -> Bool { values[name] != nil }

    mutating func number(_ name: Substring) throws(ManifestFlaw) -> UInt64 {
        guard let text = values.removeValue(forKey: name), let value = UInt64(text), "\(value)" == text else {
            throw .line(line)
        }
        return value
    }

    mutating func length(_ name: Substring) throws(ManifestFlaw) -> Int {
        guard let value = Int(exactly: try number(name)) else { throw .line(line) }
        return value
    }

    mutating func instant(_ name: Substring) throws(ManifestFlaw) -> Instant {
        guard let text = values.removeValue(forKey: name), let value = Int64(text), "\(value)" == text else {
            throw .line(line)
        }
        return Instant(milliseconds: value)
    }

    mutating func hex<Number: FixedWidthInteger & UnsignedInteger>(_ name: Substring) throws(ManifestFlaw) -> Number {
        guard let text = values.removeValue(forKey: name), let value = Number(hexText: text) else {
            throw .line(line)
        }
        return value
    }

    mutating func position(_ name: Substring) throws(ManifestFlaw) -> Position {
        guard let text = values.removeValue(forKey: name), let value = Position(text: text) else { throw .line(line) }
        return value
    }

    func end() throws(ManifestFlaw) {
        guard values.isEmpty else { throw .line(line) }
    }
}

extension Position {
    /// Reads what ``text`` writes, and nothing else.
    package init?(text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0]), let number = UInt64(parts[1]),
            let position = Position(checkingEpoch: epoch, number: number), position.text == text
        else { return nil }
        self = position
    }
}

extension SnapshotEntry {
    var line: String {
        "snapshot id=\(id) scan-start=\(scanStart.text) position=\(position.text) log-time=\(logTime.milliseconds)"
            + " made-at=\(madeAt.milliseconds) entries=\(entries) digest=\(digest.hexText) length=\(length)"
            + " crc32c=\(checksum.hexText) rehearsed=\(isRehearsed ? 1 : 0)"
    }

    init(_ members: consuming ManifestMembers) throws(ManifestFlaw) {
        var members = members
        self.init(
            id: try members.number("id"), scanStart: try members.position("scan-start"),
            position: try members.position("position"), logTime: try members.instant("log-time"),
            madeAt: try members.instant("made-at"), entries: try members.number("entries"),
            digest: try members.hex("digest"), length: try members.length("length"),
            checksum: try members.hex("crc32c"), isRehearsed: try members.number("rehearsed") == 1)
        try members.end()
    }
}

extension SegmentEntry {
    var line: String {
        guard let closing else { return "segment id=\(id) first=\(first.text)" }
        return "segment id=\(id) first=\(first.text) last=\(closing.last.text) length=\(closing.length)"
            + " crc32c=\(closing.checksum.hexText) first-time=\(closing.firstTime.milliseconds)"
            + " last-time=\(closing.lastTime.milliseconds)"
    }

    init(_ members: consuming ManifestMembers) throws(ManifestFlaw) {
        var members = members
        self.init(id: try members.number("id"), first: try members.position("first"))
        if members.has("last") {
            closing = SegmentClosing(
                last: try members.position("last"), length: try members.length("length"),
                checksum: try members.hex("crc32c"), firstTime: try members.instant("first-time"),
                lastTime: try members.instant("last-time"))
        }
        try members.end()
    }
}
