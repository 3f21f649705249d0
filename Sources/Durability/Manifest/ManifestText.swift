import Bytes
import CacheModel

/// The manifest as a file: lines of words, so that a person can read it in trouble, under a checksum.
///
/// ```
/// nuthatch-manifest 1
/// history 8f1d…
/// generation 12
/// hash-secret 9a… 31…
/// epoch 1
/// start 1.1
/// next-file 8
/// snapshot id=3 scan-start=1.100 position=1.120 log-time=… made-at=… entries=… digest=… length=… crc32c=… rehearsed=…
/// segment id=4 first=1.1 last=1.900 length=67108000 crc32c=9c0f… first-time=… last-time=…
/// segment id=7 first=1.901
/// crc32c 5b0e1d2f
/// ```
/// The last line is the checksum of all before it. Ids, positions and times are decimal, checksums, digests and secrets
/// hexadecimal with all their digits. A member may not be missing, unknown or given twice: no line is guessed at.
extension Manifest {
    /// The form that this version writes, and the newest it reads.
    package static let format: UInt64 = 1
    /// The byte where it is said, behind the first word.
    static let formatOffset = 18
    /// Bytes of the last line: `crc32c `, eight digits and a line feed.
    static let sealBytes = 16
    /// The most bytes a manifest can have: about 50,000 segments, 3 TiB of log.
    package static let maximumBytes = 8 << 20

    package var text: String {
        var lines = [
            "nuthatch-manifest \(Self.format)", "history \(history.text)", "generation \(generation)",
            "hash-secret \(hashSecret.0.hexText) \(hashSecret.1.hexText)", "epoch \(epoch)",
            "start \(start.text)", "next-file \(nextFile)",
        ]
        lines += snapshots.map(\.line)
        lines += segments.map(\.line)
        let body = lines.map { "\($0)\n" }.joined()
        return "\(body)crc32c \(CRC32C.of(Array(body.utf8).span).hexText)\n"
    }

    package init(_ bytes: Span<UInt8>) throws(ManifestFlaw) {
        let body = try Self.checkedBody(bytes)
        var lines = ManifestLines(body)
        // A newer form may mean anything by what follows.
        guard let format = UInt64(try lines.only("nuthatch-manifest")) else { throw .line(1) }
        guard format <= Self.format else { throw .newer(format) }
        guard format == Self.format else { throw .line(1) }
        guard let history = HistoryID(text: try lines.only("history")) else { throw .line(lines.number) }
        let generation = try lines.number("generation", within: .max)
        let words = try lines.words("hash-secret", count: 2)
        guard let first = UInt64(hexText: words[0]), let second = UInt64(hexText: words[1]) else {
            throw .line(lines.number)
        }
        let epoch = try lines.number("epoch", within: 65535)
        guard let start = Position(text: try lines.only("start")) else { throw .line(lines.number) }
        self.init(history: history, hashSecret: (first, second), epoch: epoch, start: start)
        self.generation = generation
        nextFile = try lines.number("next-file", within: .max)
        while let members = try lines.members(of: "snapshot") { snapshots.append(try SnapshotEntry(members)) }
        while let members = try lines.members(of: "segment") { segments.append(try SegmentEntry(members)) }
        guard lines.isAtEnd else { throw .line(lines.number + 1) }
        try checkOrder()
    }

    /// The text before the last line, which must hold its checksum.
    private static func checkedBody(_ bytes: Span<UInt8>) throws(ManifestFlaw) -> String {
        let tail = sealBytes
        guard bytes.count > tail, bytes.count <= maximumBytes else { throw .length(bytes.count) }
        let body = bytes.extracting(0..<bytes.count - tail)
        let seal = Array("crc32c \(CRC32C.of(body).hexText)\n".utf8)
        guard bytes.extracting(bytes.count - tail..<bytes.count).copied() == seal else { throw .checksum }
        return String(decoding: body.copied(), as: UTF8.self)
    }

    /// Everything that must hold between the lines.
    private func checkOrder() throws(ManifestFlaw) {
        var ids: Set<UInt64> = []
        for id in snapshots.map(\.id) + segments.map(\.id) {
            guard id < nextFile, ids.insert(id).inserted else { throw .fileID(id) }
        }
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            guard let closing = segment.closing else {
                guard isLast else { throw .segment(segment.id) }
                continue
            }
            guard closing.length >= SegmentHeader.size, closing.firstTime <= closing.lastTime,
                closing.last.number + 1 >= segment.first.number,
                isLast || segments[index + 1].first.follows(closing.last)
            else { throw .segment(segment.id) }
        }
        for snapshot in snapshots {
            guard snapshot.length > 0, snapshot.scanStart <= snapshot.position else { throw .snapshot(snapshot.id) }
        }
    }
}

/// Why a manifest cannot be used.
package enum ManifestFlaw: Error, Sendable, Equatable, CustomStringConvertible {
    case length(Int)
    case checksum
    case newer(UInt64)
    /// The line of this number, from 1, is not what it must be.
    case line(Int)
    /// A file id is given twice or was never given out.
    case fileID(UInt64)
    /// A segment does not fit to itself or its neighbour.
    case segment(UInt64)
    case snapshot(UInt64)

    package var description: String {
        switch self {
        case .length(let count): "a manifest cannot have \(count) bytes"
        case .checksum: "the manifest's checksum does not match its bytes"
        case .newer(let format): "the manifest has format \(format), this version reads up to \(Manifest.format)"
        case .line(let number): "line \(number) of the manifest is not what it must be"
        case .fileID(let id): "the manifest names file id \(id) twice or without having given it out"
        case .segment(let id): "the manifest's segment \(id) contradicts itself or the one behind it"
        case .snapshot(let id): "the manifest's snapshot \(id) contradicts itself"
        }
    }

    /// The byte of a manifest where it shows: the beginning of a line, or of the checksum that does not fit.
    func offset(in bytes: Span<UInt8>) -> Int {
        let text = String(decoding: bytes.copied(), as: UTF8.self)
        switch self {
        case .length: return min(bytes.count, Manifest.maximumBytes)
        case .checksum: return max(0, bytes.count - Manifest.sealBytes)
        case .newer: return Manifest.formatOffset
        case .line(let number): return Self.start(of: number - 1, in: text)
        case .fileID(let id): return Self.start(of: "id=\(id) ", in: text)
        case .segment(let id): return Self.start(of: "segment id=\(id) ", in: text)
        case .snapshot(let id): return Self.start(of: "snapshot id=\(id) ", in: text)
        }
    }

    /// Where the line of an index begins.
    private static func start(of index: Int, in text: String) -> Int {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.prefix(index).reduce(0) { $0 + $1.count + 1 }
    }

    /// Where the last line with these words in it begins.
    private static func start(of words: String, in text: String) -> Int {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return start(of: lines.lastIndex { $0.contains(words) } ?? 0, in: text)
    }
}
