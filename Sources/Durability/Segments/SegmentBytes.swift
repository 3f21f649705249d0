import Bytes
import CacheModel
import Posix

/// A segment read into memory, with a header that is its own. The records are still to be checked.
package final class SegmentBytes: Sendable {
    /// The longest segment that is read: several times what one grows to.
    package static let maximumLength = 1 << 30
    /// The longest atomic group, in bytes of values: it lies in one segment, behind a batch that was under way.
    package static let longestGroup = 512 << 20

    package let entry: SegmentEntry
    package let header: SegmentHeader
    /// A closed segment up to its length, an open one to the end of the file.
    package let bytes: IOBuffer
    /// How many bytes the file of a closed segment has behind its length. They do not count.
    package let surplus: Int

    package init(_ entry: SegmentEntry, of history: HistoryID, on disk: any Disk) throws(RecoveryError) {
        self.entry = entry
        var read = IOBuffer()
        do throws(SystemError) {
            let file = try disk.openForReading(entry.name)
            let found = try file.length()
            surplus = entry.closing.map { max(0, found - $0.length) } ?? 0
            let length = min(entry.closing?.length ?? .max, found, Self.maximumLength + 1)
            read.reserve(length)
            try file.readAll(at: 0, upTo: length, into: &read)
        } catch {
            throw error.isMissing ? .damage(LogDamage(entry, at: 0, reason: "the file is missing")) : .system(error)
        }
        do throws(HeaderFlaw) {
            header = try SegmentHeader(read.readable)
            guard header.history == history, header.id == entry.id, header.firstPosition == entry.first else {
                throw .stranger
            }
        } catch {
            throw error.recoveryError(of: entry)
        }
        bytes = read
        guard bytes.count <= Self.maximumLength else {
            throw .damage(LogDamage(entry, at: 0, reason: "no segment is longer than 1 GiB"))
        }
        guard let closing = entry.closing else { return }
        guard bytes.count == closing.length else {
            throw .damage(LogDamage(entry, at: bytes.count, reason: "the file has fewer bytes than it was closed with"))
        }
    }
}
