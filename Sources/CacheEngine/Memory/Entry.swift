import Bytes
import CacheModel

/// One entry as it lies in a segment. What an entry does not use it does not pay for.
///
/// ```
///  0  position of the last content change                                     8
///  8  when the content last changed, seconds since 1970                       4
/// 12  key length : 13 │ value length : 12 │ flags : 7                         4
/// 16  bytes taken in the segment / 4 : 13 │ eighths of that second : 3        2
/// 18  eviction bits, for the policy to use as it likes                        2
/// 20  [fresh]   end of freshness, ms                                          8
///     [idle]    idle, ms; absolute end, ms; end of freshness as last logged   24
///     [stale]   staleWhileRevalidate, staleIfError, ms                        16
///     [version] the caller's version                                          8
///     [large]   the value's SharedBytes, one reference of which is owned      8
///     [fields]  length of the stored fields                                   2
///     key, fields, and the value unless it is large
/// ```
/// Entries start at multiples of 4; everything is read unaligned, in the machine's byte order, and never leaves memory.
///
/// Unsafe: `base` points at an entry written by `EntryDraft.write` into a segment; whoever holds it holds the shard's
/// lock, and drops it before the shard next makes room (entries move).
struct Entry {
    static let headerBytes = 20
    /// Longer values live outside the segment, shared with the answers that send them.
    static let largestInline = 2048
    /// The largest an entry can be: all parts, the longest key and fields, the longest inline value.
    static let largestBytes = headerBytes + 66 + Limits.keyBytes + Limits.fieldsBytes + largestInline + 3

    struct Flags: OptionSet {
        let rawValue: UInt32
        static let fresh = Flags(rawValue: 1)
        static let idle = Flags(rawValue: 2)
        static let stale = Flags(rawValue: 4)
        static let version = Flags(rawValue: 8)
        static let large = Flags(rawValue: 16)
        static let fields = Flags(rawValue: 32)
        static let dead = Flags(rawValue: 64)

        static let lifetime: Flags = [.fresh, .idle, .stale]

        /// Where the key starts in an entry with these flags.
        @inline(always)
        var keyOffset: Int {
            if rawValue & 0x3F == 0 { return headerBytes }
            return headerBytes + fieldsLengthOffset + Int(rawValue >> 5 & 1) * 2
        }

        /// Offsets of the optional parts, counted from the header's end.
        @inline(always) var idleOffset: Int { Int(rawValue & 1) * 8 }
        @inline(always) var staleOffset: Int { idleOffset + Int(rawValue >> 1 & 1) * 24 }
        @inline(always) var versionOffset: Int { staleOffset + Int(rawValue >> 2 & 1) * 16 }
        @inline(always) var largeOffset: Int { versionOffset + Int(rawValue >> 3 & 1) * 8 }
        @inline(always) var fieldsLengthOffset: Int { largeOffset + Int(rawValue >> 4 & 1) * 8 }
    }

    let base: UnsafeMutableRawPointer

    @inline(always)
    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    // MARK: The header

    var position: Position {
        @inline(always) get { Position(packed: base.loadUnaligned(as: UInt64.self)) }
        nonmutating set { base.storeBytes(of: newValue.packed, as: UInt64.self) }
    }

    var modifiedSeconds: UInt32 {
        @inline(always) get { base.loadUnaligned(fromByteOffset: 8, as: UInt32.self) }
    }

    /// When the content last changed, in eighths of a second since 1970: whole seconds alone would make an entry a
    /// second older than it is, and `Age` with it.
    var modifiedEighths: UInt64 {
        @inline(always) get { UInt64(modifiedSeconds) << 3 | UInt64(sizeWord >> 13) }
        nonmutating set {
            base.storeBytes(of: UInt32(truncatingIfNeeded: newValue >> 3), toByteOffset: 8, as: UInt32.self)
            sizeWord = sizeWord & 0x1FFF | UInt16(newValue & 7) << 13
        }
    }

    private var sizeWord: UInt16 {
        @inline(always) get { base.loadUnaligned(fromByteOffset: 16, as: UInt16.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: UInt16.self) }
    }

    private var lengths: UInt32 {
        @inline(always) get { base.loadUnaligned(fromByteOffset: 12, as: UInt32.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 12, as: UInt32.self) }
    }

    var flags: Flags {
        @inline(always) get { Flags(rawValue: lengths >> 25) }
    }

    /// Bytes taken in the segment.
    var size: Int {
        @inline(always) get { Int(sizeWord & 0x1FFF) * 4 }
        nonmutating set {
            precondition(newValue >= 0 && newValue < 1 << 15, "an entry is smaller than a segment")
            sizeWord = sizeWord & 0xE000 | UInt16(newValue / 4)
        }
    }

    var evictionBits: UInt16 {
        @inline(always) get { base.loadUnaligned(fromByteOffset: 18, as: UInt16.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 18, as: UInt16.self) }
    }

    func setLengths(key: Int, inlineValue: Int, flags: Flags) {
        precondition(key < 1 << 13 && inlineValue <= Self.largestInline, "an entry's parts are too long")
        lengths = UInt32(key) | UInt32(inlineValue) << 13 | flags.rawValue << 25
    }

    /// Nothing refers to the entry any more; its bytes wait for compaction.
    func markDead() { lengths |= Flags.dead.rawValue << 25 }

    var isDead: Bool {
        @inline(always) get { lengths >> 31 != 0 }
    }

    // MARK: Bytes

    @inline(always)
    var key: RawBytes {
        let lengths = lengths
        return RawBytes(start: base + Flags(rawValue: lengths >> 25).keyOffset, count: Int(lengths & 0x1FFF))
    }

    var fields: RawBytes {
        let flags = flags
        guard flags.contains(.fields) else { return .empty }
        let count = base.loadUnaligned(
            fromByteOffset: Self.headerBytes + flags.fieldsLengthOffset, as: UInt16.self)
        let key = key
        return RawBytes(start: key.start + key.count, count: Int(count))
    }

    /// The value, where it lies in the entry.
    var inlineValue: RawBytes {
        let key = key
        return RawBytes(start: key.start + key.count + fields.count, count: Int(lengths >> 13 & 0xFFF))
    }

    var shared: Unmanaged<SharedBytes>? {
        guard flags.contains(.large) else { return nil }
        let address = base.loadUnaligned(fromByteOffset: Self.headerBytes + flags.largeOffset, as: UInt.self)
        return Unmanaged.fromOpaque(UnsafeRawPointer(bitPattern: address)!)
    }

    /// The value, wherever it lies.
    var value: RawBytes {
        guard let shared else { return inlineValue }
        return shared._withUnsafeGuaranteedRef { RawBytes($0.span) }
    }

    var valueCount: Int { shared?._withUnsafeGuaranteedRef { $0.count } ?? Int(lengths >> 13 & 0xFFF) }

    /// What the entry would take in a new place; it may have more since it was overwritten by a shorter one.
    var neededSize: Int {
        let lengths = lengths
        let offset = Flags(rawValue: lengths >> 25).keyOffset
        return (offset + Int(lengths & 0x1FFF) + fields.count + Int(lengths >> 13 & 0xFFF) + 3) & ~3
    }

    // MARK: Optional parts

    @inline(always)
    private func part(_ offset: Int) -> Int64 {
        base.loadUnaligned(fromByteOffset: Self.headerBytes + offset, as: Int64.self)
    }

    private func setPart(_ offset: Int, _ value: Int64) {
        base.storeBytes(of: value, toByteOffset: Self.headerBytes + offset, as: Int64.self)
    }

    var version: UInt64? {
        let flags = flags
        return flags.contains(.version) ? UInt64(bitPattern: part(flags.versionOffset)) : nil
    }

    var times: EntryTimes {
        @inline(always)
        get {
            let flags = flags
            var times = EntryTimes()
            guard !flags.isDisjoint(with: .lifetime) else { return times }
            if flags.contains(.fresh) {
                times.freshUntil = part(0)
                times.expiresAt = times.freshUntil
            }
            if flags.contains(.idle) {
                times.idle = part(flags.idleOffset)
                times.expiresAt = part(flags.idleOffset + 8)
                times.loggedFreshUntil = part(flags.idleOffset + 16)
            }
            if flags.contains(.stale) {
                times.staleWhileRevalidate = part(flags.staleOffset)
                times.staleIfError = part(flags.staleOffset + 8)
            }
            return times
        }
    }

    /// Overwrites the times of an entry whose flags are those `times` needs.
    func setTimes(_ times: EntryTimes) {
        let flags = flags
        if flags.contains(.fresh) { setPart(0, times.freshUntil) }
        if flags.contains(.idle) {
            setPart(flags.idleOffset, times.idle)
            setPart(flags.idleOffset + 8, times.expiresAt)
            setPart(flags.idleOffset + 16, times.loggedFreshUntil)
        }
        if flags.contains(.stale) {
            setPart(flags.staleOffset, times.staleWhileRevalidate)
            setPart(flags.staleOffset + 8, times.staleIfError)
        }
    }

    func setVersion(_ version: UInt64) { setPart(flags.versionOffset, Int64(bitPattern: version)) }

    func setShared(_ shared: Unmanaged<SharedBytes>) {
        setPart(flags.largeOffset, Int64(Int(bitPattern: shared.toOpaque())))
    }

    func setFieldsLength(_ count: Int) {
        base.storeBytes(
            of: UInt16(count), toByteOffset: Self.headerBytes + flags.fieldsLengthOffset, as: UInt16.self)
    }

    // MARK: As the seam sees it

    var state: EntryState {
        let times = times
        return EntryState(
            modifiedAt: modifiedAt, lifetime: times.lifetime,
            freshUntil: Instant(milliseconds: times.freshUntil), version: version)
    }

    var modifiedAt: Instant { Instant(milliseconds: Int64(modifiedEighths) * 125) }

    func fill(_ info: inout EntryInfo) {
        info.position = position
        info.modifiedAt = modifiedAt
        info.valueCount = valueCount
        let flags = flags
        guard !flags.isDisjoint(with: [.fresh, .idle, .stale, .version]) else { return }
        let times = times
        info.freshUntil = Instant(milliseconds: times.freshUntil)
        info.expiresAt = Instant(milliseconds: times.expiresAt)
        info.idle = times.idle
        info.staleWhileRevalidate = times.staleWhileRevalidate
        info.staleIfError = times.staleIfError
        info.version = version
    }
}
