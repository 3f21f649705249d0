import Bytes
import CacheModel
import Posix

/// The end of the log's last segment: seals records, writes them, and knows what the manifest must say of the segment
/// when it is closed. Bytes only: threads, batches and syncs are the caller's. Used by one thread at a time.
package struct SegmentWriter: ~Copyable, Sendable {
    package let header: SegmentHeader
    /// To sync, from any thread.
    package let file: any DiskFile
    /// Bytes that were made sure of, 0 for none.
    package let room: Int
    /// Where the last whole written record ends.
    package private(set) var length: Int
    /// The position of the last record written, or of the one before the segment.
    package private(set) var last: Position
    private var sum: CRC32C
    /// The link of the next record to be sealed, and of the next to be written.
    private var sealedLink: UInt32
    private var firstTime: Instant
    /// Of the last record sealed, which is that of the one before the segment at first.
    package private(set) var lastTime: Instant

    /// Makes the file with its header and syncs both file and directory. It counts only when the manifest names it.
    /// - Parameters:
    ///   - end: the record before.
    ///   - room: bytes to make sure of, 0 for none.
    package init(
        _ header: SegmentHeader, after end: LogEnd, room: Int, on disk: any Disk
    ) throws(SystemError) {
        let file = try disk.create(FileNames.segment(header.id))
        var buffer = IOBuffer(capacity: SegmentHeader.size)
        let checksum = header.encode(into: &buffer)
        do throws(SystemError) {
            if room > 0 { try Self.makeRoom(room, in: file) }
            try file.writeAll(buffer.readable, at: 0)
            try file.sync()
            try disk.syncDirectory()
        } catch {
            // It never counted; should even this fail, a start names it as unknown.
            try? disk.remove(FileNames.segment(header.id))
            throw error
        }
        self.header = header
        self.file = file
        self.room = room
        length = SegmentHeader.size
        last = end.last
        sum = CRC32C()
        sum.add(buffer.readable)
        sealedLink = checksum
        firstTime = end.lastTime
        lastTime = end.lastTime
    }

    /// Where files may not become so long none is made beforehand: the writes will tell how far it goes.
    private static func makeRoom(_ room: Int, in file: any DiskFile) throws(SystemError) {
        do throws(SystemError) { try file.preallocate(to: room) } catch { if !error.isFileTooLong { throw error } }
    }

    /// Seals the framed records from `index` of the buffer's readable bytes to its end, in the order they lie there.
    /// What is sealed must be written next, to this segment.
    package mutating func seal(_ buffer: inout IOBuffer, from index: Int, logTime: Instant, wallTime: Instant) {
        var offset = index
        while offset < buffer.count { offset += seal(&buffer, at: offset, logTime, wallTime) }
    }

    /// Seals records of another segment again, which keep their times.
    mutating func sealAgain(_ buffer: inout IOBuffer) {
        var offset = 0
        while let old = RecordHeader.peek(buffer.readable, at: offset) {
            offset += seal(&buffer, at: offset, old.logTime, old.wallTime)
        }
    }

    /// Seals one record and returns its length.
    private mutating func seal(
        _ buffer: inout IOBuffer, at offset: Int, _ logTime: Instant, _ wallTime: Instant
    ) -> Int {
        precondition(logTime >= lastTime, "log time went back")
        if sealedLink == header.checksum, length == SegmentHeader.size { firstTime = logTime }
        lastTime = logTime
        sealedLink = RecordFrame.seal(
            &buffer, at: offset, previous: sealedLink, stamp: header.stamp, logTime: logTime, wallTime: wallTime)
        return Int(buffer.readable.loadLittleEndian(UInt32.self, at: offset + 4))
    }

    /// Writes whole sealed records behind what is there.
    /// - Throws: the error with how many of the bytes were taken before it; the segment must then not be written to
    ///   any more. Records that are whole in those bytes count as written, atomic groups as a whole: a start refuses a
    ///   closed segment that ends inside one.
    package mutating func write(_ bytes: Span<UInt8>) throws(PartialWrite) {
        var taken = 0
        while taken < bytes.count {
            do throws(SystemError) {
                taken += try file.write(bytes.extracting(taken..<bytes.count), at: length + taken)
            } catch {
                let whole = wholeGroups(bytes.extracting(0..<taken))
                advance(over: bytes.extracting(0..<whole))
                throw PartialWrite(error: error, wholeBytes: whole)
            }
        }
        advance(over: bytes)
    }

    /// Where the last record ends that is whole and behind which no other of its group is missing.
    private func wholeGroups(_ bytes: Span<UInt8>) -> Int {
        var end = 0
        var offset = 0
        while let header = RecordHeader.peek(bytes, at: offset), header.length <= bytes.count - offset {
            offset += header.length
            if header.remaining == 0 { end = offset }
        }
        return end
    }

    private mutating func advance(over bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        sum.add(bytes)
        length += bytes.count
        var offset = 0
        while let header = RecordHeader.peek(bytes, at: offset) {
            last = header.position
            offset += header.length
        }
    }

    /// What the manifest says of the segment if nothing more is written to it.
    package var closing: SegmentClosing {
        SegmentClosing(
            last: last, length: length, checksum: sum.value, firstTime: firstTime, lastTime: lastTime)
    }
}

/// A write that failed after a part.
package struct PartialWrite: Error, Sendable {
    package var error: SystemError
    /// Bytes of the records that lie whole in the file, no group begun among them.
    package var wholeBytes: Int
}
