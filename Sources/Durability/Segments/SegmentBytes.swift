import Bytes
import CacheModel
import Posix

/// A segment read into memory as a whole, with a header that is its own. The records are still to be checked.
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
        let segment = try SegmentFile(entry, of: history, on: disk)
        self.entry = entry
        header = segment.header
        surplus = segment.surplus
        var read = IOBuffer(capacity: segment.length)
        do throws(SystemError) {
            try segment.file.readAll(at: 0, upTo: segment.length, into: &read)
        } catch {
            throw .system(error)
        }
        bytes = read
        // Cut while it was read.
        guard let closing = entry.closing, bytes.count < closing.length else { return }
        throw SegmentFile.tooShort(entry, bytes.count)
    }
}
