import Bytes
import CacheModel

/// What an entry is to be, before it has a place.
struct EntryDraft {
    var key: RawBytes
    var fields: RawBytes = .empty
    /// The value is both pieces, one behind the other; empty when it is `shared`.
    var front: RawBytes = .empty
    var back: RawBytes = .empty
    /// A large value that is there already; the reference is the draft's until it is written.
    var shared: Unmanaged<SharedBytes>?
    var position = Position.none
    /// See ``Entry/modifiedEighths``.
    var modifiedEighths: UInt64 = 0
    var times = EntryTimes()
    var version: UInt64?
    var evictionBits: UInt16 = 0

    init(key: RawBytes) { self.key = key }

    var valueCount: Int { shared?._withUnsafeGuaranteedRef { $0.count } ?? front.count + back.count }

    var isLarge: Bool { shared != nil || front.count + back.count > Entry.largestInline }

    /// What a large value occupies outside the segments.
    var largeBytes: Int { isLarge ? Footprint.largeValue(valueCount) : 0 }

    var flags: Entry.Flags {
        var flags = times.flags
        if version != nil { flags.insert(.version) }
        if isLarge { flags.insert(.large) }
        if !fields.isEmpty { flags.insert(.fields) }
        return flags
    }

    /// Bytes the entry takes in a segment.
    var size: Int {
        let value = isLarge ? 0 : front.count + back.count
        return (flags.keyOffset + key.count + fields.count + value + 3) & ~3
    }

    /// Whether some of the draft's bytes are those of the entry itself.
    func lies(in entry: Entry) -> Bool {
        let range = UnsafeRawPointer(entry.base)..<UnsafeRawPointer(entry.base + entry.size)
        return range.contains(key.start) || range.contains(fields.start) || range.contains(front.start)
            || range.contains(back.start)
    }

    /// Copies a large value into memory of its own, outside the segments.
    mutating func shareLargeValue() {
        guard isLarge, shared == nil else { return }
        shared = Unmanaged.passRetained(SharedBytes.make(front.span, back.span))
    }

    /// Writes the entry into `size` bytes or more at `base`, none of which the draft's bytes lie in.
    func write(to base: UnsafeMutableRawPointer, taking room: Int) {
        let entry = Entry(base)
        let flags = flags
        entry.position = position
        entry.modifiedEighths = modifiedEighths
        entry.setLengths(
            key: key.count, inlineValue: shared == nil ? front.count + back.count : 0, flags: flags)
        entry.size = room
        entry.evictionBits = evictionBits
        if !flags.isEmpty { writeParts(of: entry, flags) }
        var target = base + flags.keyOffset
        key.copy(to: target)
        target += key.count
        fields.copy(to: target)
        target += fields.count
        guard shared == nil else { return }
        front.copy(to: target)
        back.copy(to: target + front.count)
    }

    private func writeParts(of entry: Entry, _ flags: Entry.Flags) {
        entry.setTimes(times)
        if let version { entry.setVersion(version) }
        if let shared { entry.setShared(shared) }
        if flags.contains(.fields) { entry.setFieldsLength(fields.count) }
    }
}
