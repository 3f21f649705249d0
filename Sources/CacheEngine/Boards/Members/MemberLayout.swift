import CacheModel

/// How the records of one season lie in memory: what all of them have in common is not written into each.
///
/// ```
/// │ position 8 │ reached 8 │ scores 8 × columns │ name 2 │ days 2 │ meta 4 │ settled day 4 (with days) │
/// │ groups 4 × declared │ day 4, reached 8, scores … × days │ name … │ meta … │
/// ```
struct MemberLayout {
    let columns: Int
    let groups: Int
    /// Whether some window looks at days.
    let keepsDays: Bool

    private var countsOffset: Int { 16 + columns * 8 }
    var settledOffset: Int { countsOffset + 8 }
    var groupsOffset: Int { settledOffset + (keepsDays ? 4 : 0) }
    var daysOffset: Int { groupsOffset + groups * 4 }
    var dayBytes: Int { 12 + columns * 8 }

    @inline(always)
    func nameCount(_ record: UnsafeRawPointer) -> Int {
        Int(record.loadUnaligned(fromByteOffset: countsOffset, as: UInt16.self))
    }

    @inline(always)
    func dayCount(_ record: UnsafeRawPointer) -> Int {
        Int(record.loadUnaligned(fromByteOffset: countsOffset + 2, as: UInt16.self))
    }

    func metaCount(_ record: UnsafeRawPointer) -> Int {
        Int(record.loadUnaligned(fromByteOffset: countsOffset + 4, as: UInt32.self))
    }

    func setCounts(_ record: UnsafeMutableRawPointer, name: Int, days: Int, meta: Int) {
        record.storeBytes(of: UInt16(name), toByteOffset: countsOffset, as: UInt16.self)
        record.storeBytes(of: UInt16(days), toByteOffset: countsOffset + 2, as: UInt16.self)
        record.storeBytes(of: UInt32(meta), toByteOffset: countsOffset + 4, as: UInt32.self)
    }

    @inline(always)
    func name(_ record: UnsafeRawPointer) -> RawBytes {
        RawBytes(start: record + daysOffset + dayCount(record) * dayBytes, count: nameCount(record))
    }

    func meta(_ record: UnsafeRawPointer) -> RawBytes {
        let name = name(record)
        return RawBytes(start: name.start + name.count, count: metaCount(record))
    }

    func bytes(name: Int, days: Int, meta: Int) -> Int { daysOffset + days * dayBytes + name + meta }

    func bytes(_ record: UnsafeRawPointer) -> Int {
        bytes(name: nameCount(record), days: dayCount(record), meta: metaCount(record))
    }

    // MARK: Marks

    @inline(always)
    func mark(_ record: UnsafeRawPointer, at offset: Int) -> Mark {
        var scores = BoardScores(count: columns)
        for column in 0..<columns {
            scores[column] = record.loadUnaligned(fromByteOffset: offset + 8 + column * 8, as: Int64.self)
        }
        return Mark(scores: scores, reached: record.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    func setMark(_ mark: Mark, _ record: UnsafeMutableRawPointer, at offset: Int) {
        record.storeBytes(of: mark.reached, toByteOffset: offset, as: UInt64.self)
        for column in 0..<columns {
            record.storeBytes(of: mark.scores[column], toByteOffset: offset + 8 + column * 8, as: Int64.self)
        }
    }
}
