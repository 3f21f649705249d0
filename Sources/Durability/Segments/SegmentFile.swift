import Bytes
import CacheModel
import Posix

/// The file of a segment, open for reading, with a header that is its own. The records are still to be checked.
struct SegmentFile: Sendable {
    let entry: SegmentEntry
    let file: any DiskFile
    let header: SegmentHeader
    /// Where its bytes end: a closed segment at its length, an open one at the end of the file as it was found.
    let length: Int
    /// How many bytes the file of a closed segment has behind its length. They do not count.
    let surplus: Int

    init(_ entry: SegmentEntry, of history: HistoryID, on disk: any Disk) throws(RecoveryError) {
        self.entry = entry
        var start = IOBuffer()
        do throws(SystemError) {
            file = try disk.openForReading(entry.name)
            let found = try file.length()
            surplus = entry.closing.map { max(0, found - $0.length) } ?? 0
            length = min(entry.closing?.length ?? .max, found)
            try file.readAll(at: 0, upTo: min(length, SegmentHeader.maximumSize), into: &start)
        } catch {
            throw error.isMissing ? .damage(LogDamage(entry, at: 0, reason: "the file is missing")) : .system(error)
        }
        do throws(HeaderFlaw) {
            header = try SegmentHeader(start.readable)
            guard header.history == history, header.id == entry.id, header.firstPosition == entry.first else {
                throw .stranger
            }
        } catch {
            throw error.recoveryError(of: entry)
        }
        guard length <= SegmentBytes.maximumLength else {
            throw .damage(LogDamage(entry, at: length, reason: "no segment is longer than 1 GiB"))
        }
        guard let closing = entry.closing, length < closing.length else { return }
        throw Self.tooShort(entry, length)
    }

    static func tooShort(_ entry: SegmentEntry, _ length: Int) -> RecoveryError {
        .damage(LogDamage(entry, at: length, reason: "the file has fewer bytes than it was closed with"))
    }
}
