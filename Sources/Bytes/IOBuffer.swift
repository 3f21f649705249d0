#if canImport(Glibc)
    import Glibc
#endif

/// Growable bytes with a read mark and a write mark.
///
/// ```
/// base        readMark            writeMark      capacity
///  │ consumed  │ readable (count)   │ writable      │
/// ```
/// Bytes are appended at the write mark and consumed at the read mark; when all is consumed both return to the start,
/// so a buffer that is drained each turn never moves its bytes.
/// - Complexity: appending is amortised O(bytes). Growth doubles, so a buffer is at most twice what it ever held.
///
/// Unsafe: `base` is owned by this noncopyable value alone and freed once in `deinit`; every access is checked against
/// the marks.
public struct IOBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer?
    public private(set) var capacity: Int = 0
    @usableFromInline var readMark: Int = 0
    @usableFromInline var writeMark: Int = 0
    /// Whether what is held must not outlive its use. Storage that is grown out of, given back or emptied is then
    /// overwritten; an emptied buffer is no secret any more.
    public var isSecret = false

    public init() {}

    public init(capacity: Int) { reserve(capacity) }

    deinit {
        if isSecret { overwriteStorage(0..<capacity) }
        free(base)
    }

    /// How many bytes can be read.
    public var count: Int { writeMark - readMark }
    public var isEmpty: Bool { writeMark == readMark }

    /// The bytes between the marks.
    public var readable: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let start = base.map { $0.assumingMemoryBound(to: UInt8.self) + readMark }
            let span = Span<UInt8>(_unsafeStart: UnsafePointer(start ?? Self.nowhere), count: count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// A valid address for the empty span of a buffer that has no storage yet.
    private static var nowhere: UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(bitPattern: 1)! }

    /// The byte at `index`, counted from the read mark.
    public subscript(index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < count, "index outside the readable bytes")
            return base!.load(fromByteOffset: readMark + index, as: UInt8.self)
        }
        set {
            precondition(index >= 0 && index < count, "index outside the readable bytes")
            base!.storeBytes(of: newValue, toByteOffset: readMark + index, as: UInt8.self)
        }
    }

    // MARK: Appending

    public mutating func append(_ byte: UInt8) {
        if writeMark == capacity { grow(by: 1) }
        base!.storeBytes(of: byte, toByteOffset: writeMark, as: UInt8.self)
        writeMark += 1
    }

    public mutating func append(_ bytes: Span<UInt8>) {
        let added = bytes.count
        guard added > 0 else { return }
        if capacity - writeMark < added { grow(by: added) }
        bytes.withUnsafeBufferPointer { _ = memcpy(base! + writeMark, $0.baseAddress!, added) }
        writeMark += added
    }

    /// Inlined, so that the length of a constant is one: most become two or three moves.
    @inline(always)
    public mutating func append(_ text: StaticString) {
        let added = text.utf8CodeUnitCount
        if capacity - writeMark < added { grow(by: added) }
        guard added > 0 else { return }
        memcpy(base! + writeMark, text.utf8Start, added)
        writeMark += added
    }

    /// Appends a literal between quotation marks, and a colon where it is a name: `"text":`. One call for what most
    /// answers consist of.
    public mutating func append(quoting text: StaticString, isName: Bool) {
        let count = text.utf8CodeUnitCount
        if capacity - writeMark < count + 3 { grow(by: count + 3) }
        base!.storeBytes(of: 0x22, toByteOffset: writeMark, as: UInt8.self)
        memcpy(base! + (writeMark + 1), text.utf8Start, count)
        base!.storeBytes(of: 0x3A22, toByteOffset: writeMark + 1 + count, as: UInt16.self)
        writeMark += count + (isName ? 3 : 2)
    }

    public mutating func append(_ bytes: [UInt8]) { append(bytes.span) }

    /// Appends what another buffer holds, from an index on.
    public mutating func append(copying other: borrowing IOBuffer, from start: Int = 0) {
        append(other.readable.extracting(start..<other.count))
    }

    /// Appends a part of what another buffer holds.
    public mutating func append(copying other: borrowing IOBuffer, in range: Range<Int>) {
        append(other.readable.extracting(range))
    }

    /// Appends the `length` decimal digits of `value`, two a step. A wrong length would write wrong digits, but never
    /// outside the room made for it.
    mutating func append(decimal value: UInt64, length: Int) {
        precondition(length > 0 && length <= 20)
        if capacity - writeMark < length { grow(by: length) }
        var rest = value
        var mark = writeMark + length
        let pairs = UnsafeRawPointer(Self.digitPairs.utf8Start)
        while mark >= writeMark + 2 {
            let quotient = rest / 100
            let pair = Int(truncatingIfNeeded: rest &- quotient &* 100)
            mark &-= 2
            let digits = pairs.loadUnaligned(fromByteOffset: pair &* 2, as: UInt16.self)
            base!.storeBytes(of: digits, toByteOffset: mark, as: UInt16.self)
            rest = quotient
        }
        if mark > writeMark {
            base!.storeBytes(of: 0x30 &+ UInt8(truncatingIfNeeded: rest % 10), toByteOffset: writeMark, as: UInt8.self)
        }
        writeMark += length
    }

    /// The numbers 00 to 99.
    @inline(always)
    private static var digitPairs: StaticString {
        """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """
    }

    public mutating func append(repeating byte: UInt8, count added: Int) {
        guard added > 0 else { return }
        if capacity - writeMark < added { grow(by: added) }
        memset(base! + writeMark, Int32(byte), added)
        writeMark += added
    }

    /// Lets `body` fill up to all of the free space behind the write mark, at least `minimum` bytes of it, and moves
    /// the write mark by what it says it filled.
    public mutating func append<E: Error>(
        minimum: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        if capacity - writeMark < minimum { grow(by: minimum) }
        let room = UnsafeMutableRawBufferPointer(start: base! + writeMark, count: capacity - writeMark)
        let filled = try body(room)
        precondition(filled >= 0 && filled <= room.count, "filled more than there was room for")
        writeMark += filled
        return filled
    }

    // MARK: Consuming and cutting

    public mutating func consume(_ consumed: Int) {
        precondition(consumed >= 0 && consumed <= count, "consumed more than was there")
        readMark += consumed
        if readMark == writeMark {
            if isSecret { overwriteSecret() }
            readMark = 0
            writeMark = 0
        }
    }

    /// Forgets what lies behind the first `length` readable bytes.
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "cannot truncate to more than is there")
        if isSecret { overwriteStorage(readMark + length..<writeMark) }
        writeMark = readMark + length
    }

    /// Empties the buffer; storage above `keeping` bytes is given back.
    public mutating func removeAll(keeping limit: Int = .max) {
        if isSecret { overwriteSecret() }
        readMark = 0
        writeMark = 0
        if capacity > limit { release() }
    }

    /// Moves `length` readable bytes from one index to another; the ranges may overlap.
    public mutating func move(from source: Int, to target: Int, count length: Int) {
        precondition(source >= 0 && target >= 0 && length >= 0)
        precondition(source + length <= count && target + length <= count, "move outside the readable bytes")
        guard length > 0 else { return }
        memmove(base! + readMark + target, base! + readMark + source, length)
    }

    /// Overwrites readable bytes at `index`.
    public mutating func replace(at index: Int, with bytes: Span<UInt8>) {
        precondition(index >= 0 && index + bytes.count <= count, "replace outside the readable bytes")
        guard !bytes.isEmpty else { return }
        bytes.withUnsafeBufferPointer { _ = memcpy(base! + readMark + index, $0.baseAddress!, bytes.count) }
    }

    // MARK: Secrets

    /// Overwrites the first `length` readable bytes with zeros; they can still be consumed.
    public mutating func overwrite(first length: Int) {
        precondition(length >= 0 && length <= count, "cannot overwrite more than is there")
        overwriteStorage(readMark..<readMark + length)
    }

    /// Overwrites `length` bytes behind the readable ones: what was cut off there.
    public mutating func overwrite(behind length: Int) {
        precondition(length >= 0 && length <= capacity - writeMark, "cannot overwrite more than there is room for")
        overwriteStorage(writeMark..<writeMark + length)
    }

    /// For a buffer about to be emptied.
    private mutating func overwriteSecret() {
        overwriteStorage(0..<writeMark)
        isSecret = false
    }

    /// `explicit_bzero`, for a compiler may leave out a `memset` of what is never read again.
    private func overwriteStorage(_ range: Range<Int>) {
        guard let base, !range.isEmpty else { return }
        explicit_bzero(base + range.lowerBound, range.count)
    }

    // MARK: Storage

    /// Makes room for `additional` bytes behind the write mark.
    public mutating func reserve(_ additional: Int) {
        if capacity - writeMark < additional { grow(by: additional) }
    }

    /// Gives the storage back; the buffer must be empty.
    public mutating func release() {
        precondition(isEmpty, "released a buffer that still holds bytes")
        if isSecret { overwriteStorage(0..<capacity) }
        isSecret = false
        free(base)
        base = nil
        capacity = 0
        readMark = 0
        writeMark = 0
    }

    /// Bytes from which on a buffer lies in huge pages where there are any: a file of the log as a whole, whose small
    /// pages, 16,384 of them, take the kernel longer than reading it. Bodies of requests are smaller.
    private static let vast = 32 << 20
    private static let hugePage: UInt = 2 << 20

    private static func askForHugePages(_ storage: UnsafeMutableRawPointer, _ count: Int) {
        let start = (UInt(bitPattern: storage) + hugePage - 1) & ~(hugePage - 1)
        let end = (UInt(bitPattern: storage) + UInt(count)) & ~(hugePage - 1)
        if end > start { madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE) }
    }

    @usableFromInline mutating func grow(by added: Int) {
        let live = count
        if readMark > 0 && capacity - live >= added && readMark >= live {
            memmove(base!, base! + readMark, live)
            if isSecret { overwriteStorage(live..<writeMark) }
        } else {
            let wanted = Swift.max(live + added, Swift.max(256, capacity * 2))
            guard let bigger = malloc(wanted) else { fatalError("out of memory: \(wanted) bytes for a buffer") }
            if wanted >= Self.vast { Self.askForHugePages(bigger, wanted) }
            if live > 0 { memcpy(bigger, base! + readMark, live) }
            if isSecret { overwriteStorage(0..<writeMark) }
            free(base)
            base = bigger
            capacity = wanted
        }
        readMark = 0
        writeMark = live
    }
}
