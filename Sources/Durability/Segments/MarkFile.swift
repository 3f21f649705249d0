import Bytes
import CacheModel
import Posix

/// How far the log is known to be synced, for the next start.
///
/// Two slots of 48 bytes, 4,096 bytes apart, so that one torn block spoils one slot; they are overwritten in turn after
/// each sync of the log and not synced themselves. So the file is never ahead of the truth, and exact after a crash of
/// the process alone.
///
/// ```
/// 0          8        12   16         32         40       44
/// ┌──────────┬────────┬────┬──────────┬──────────┬────────┬────────┐
/// │ "NUTHMRK"│ format │ flags │ history │ position │ 0      │ CRC32C │
/// └──────────┴────────┴────┴──────────┴──────────┴────────┴────────┘
/// ```
package struct MarkFile: ~Copyable, Sendable {
    static let magic: StaticString = "NUTHMRK\0"
    static let format: UInt32 = 1
    static let slotSize = 48
    static let slotDistance = 4096

    private let file: any DiskFile
    private let history: HistoryID
    private var slot = 0

    /// Makes the file anew with both slots at `mark`, and syncs it: what an earlier run left says nothing of this one.
    package init(_ mark: DurableMark, of history: HistoryID, on disk: any Disk) throws(SystemError) {
        let name = FileNames.temporary(FileNames.mark)
        do throws(SystemError) {
            try disk.remove(name)
        } catch {
            guard error.isMissing else { throw error }
        }
        let made = try disk.create(name)
        for slot in 0..<2 { try Self.write(mark, of: history, in: slot, of: made) }
        try made.sync()
        try disk.rename(name, to: FileNames.mark)
        try disk.syncDirectory()
        file = made
        self.history = history
    }

    /// Overwrites the older slot.
    package mutating func write(_ mark: DurableMark) throws(SystemError) {
        try Self.write(mark, of: history, in: slot, of: file)
        slot = 1 - slot
    }

    private static func write(
        _ mark: DurableMark, of history: HistoryID, in slot: Int, of file: any DiskFile
    ) throws(SystemError) {
        var buffer = IOBuffer(capacity: slotSize)
        mark.encode(into: &buffer, history: history)
        try file.writeAll(buffer.readable, at: slot * slotDistance)
    }

    /// The higher of the slots that are whole and of this history; nil when there is none, or no file.
    /// - Throws: `newer` for a whole slot of a newer form: what it says about the end of the log must count.
    package static func read(of history: HistoryID, on disk: any Disk) throws(RecoveryError) -> DurableMark? {
        var bytes = IOBuffer(capacity: 2 * slotDistance)
        do throws(SystemError) {
            let file = try disk.openForReading(FileNames.mark)
            try file.readAll(at: 0, upTo: slotDistance + slotSize, into: &bytes)
        } catch {
            if error.isMissing { return nil }
            throw .system(error)
        }
        if let newer = newer(in: bytes.readable) { throw .newer(newer) }
        return newest(in: bytes.readable, history: history)
    }

    private static func newer(in bytes: Span<UInt8>) -> NewerFormat? {
        for start in [0, slotDistance] where bytes.count >= start + slotSize {
            guard let format = DurableMark.format(of: bytes.extracting(start..<start + slotSize)),
                format > Self.format
            else { continue }
            return NewerFormat(
                file: FileNames.mark, offset: start + 8, format: UInt64(format), known: UInt64(Self.format))
        }
        return nil
    }

    /// The higher of the slots that are whole and of `history`.
    package static func newest(in bytes: Span<UInt8>, history: HistoryID) -> DurableMark? {
        var newest: DurableMark?
        for start in [0, slotDistance] where bytes.count >= start + slotSize {
            let slot = bytes.extracting(start..<start + slotSize)
            guard let mark = DurableMark(slot, history: history) else { continue }
            if newest.map({ mark.isNewer(than: $0) }) ?? true { newest = mark }
        }
        return newest
    }
}

/// What a slot of the mark file says.
package struct DurableMark: Sendable, Equatable {
    /// All records up to here are synced.
    package var position: Position
    /// Whether nobody can have seen a position past this one: so after an orderly stop, and always under the policy
    /// `always`, where replies wait for the sync. A start that finds the log to reach this far may go on in the same
    /// epoch; otherwise numbers that were given out and lost could come again for other content.
    package var isComplete: Bool

    package init(position: Position, isComplete: Bool) {
        self.position = position
        self.isComplete = isComplete
    }

    /// At one position an orderly stop comes after everything else.
    func isNewer(than other: DurableMark) -> Bool {
        position == other.position ? isComplete && !other.isComplete : position > other.position
    }

    func encode(into buffer: inout IOBuffer, history: HistoryID) {
        let start = buffer.count
        buffer.append(MarkFile.magic)
        buffer.append(littleEndian: MarkFile.format)
        buffer.append(littleEndian: UInt32(isComplete ? 1 : 0))
        buffer.append(littleEndian: history.high)
        buffer.append(littleEndian: history.low)
        buffer.append(littleEndian: position.packed)
        buffer.append(littleEndian: UInt32(0))
        buffer.append(littleEndian: CRC32C.of(buffer.readable.extracting(start..<start + MarkFile.slotSize - 4)))
    }

    /// The form that a whole slot says it has; nil for one that is torn.
    static func format(of slot: Span<UInt8>) -> UInt32? {
        let end = MarkFile.slotSize - 4
        guard slot.extracting(0..<8).equals(MarkFile.magic),
            slot.loadLittleEndian(UInt32.self, at: end) == CRC32C.of(slot.extracting(0..<end))
        else { return nil }
        return slot.loadLittleEndian(UInt32.self, at: 8)
    }

    /// Nil for a slot that is torn, of another history or of another form: the mark only ever adds to what is known.
    init?(_ slot: Span<UInt8>, history: HistoryID) {
        guard Self.format(of: slot) == MarkFile.format,
            slot.loadLittleEndian(UInt64.self, at: 16) == history.high,
            slot.loadLittleEndian(UInt64.self, at: 24) == history.low
        else { return nil }
        isComplete = slot.loadLittleEndian(UInt32.self, at: 12) & 1 == 1
        position = Position(packed: slot.loadLittleEndian(UInt64.self, at: 32))
    }
}
