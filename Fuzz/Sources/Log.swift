import Bytes
import CacheModel
import Durability

/// A record whose checksum is made right, so that all of the fuzzer's work goes into the body: what is read must be
/// written again with the same bytes behind it.
func fuzzRecord(_ input: Span<UInt8>) {
    guard !input.isEmpty else { return }
    // Sealing fills in a mark's stamp: a mark is always framed with room for it.
    if input[0] == RecordKind.mark.rawValue, input.count < 17 { return }
    var buffer = IOBuffer()
    buffer.append(repeating: 0, count: RecordHeader.size)
    buffer.append(input.extracting(1..<input.count))
    buffer[12] = input[0]
    buffer.replace(at: 4, littleEndian: UInt32(buffer.count))
    let time = Instant(milliseconds: 1)
    RecordFrame.seal(&buffer, at: 0, previous: 1, stamp: 0, logTime: time, wallTime: time)
    guard let header = try? RecordHeader.read(buffer.readable, at: 0, following: 1) else {
        preconditionFailure("a sealed record was refused")
    }
    guard case .effect(let effect)? = try? RecordContent.read(header, in: buffer.readable, at: 0) else { return }
    var again = IOBuffer()
    RecordFrame.append(effect, at: header.position, remaining: 0, to: &again)
    RecordFrame.seal(&again, at: 0, previous: 1, stamp: 0, logTime: time, wallTime: time)
    guard let second = try? RecordHeader.read(again.readable, at: 0, following: 1),
        case .effect(let reread)? = try? RecordContent.read(second, in: again.readable, at: 0)
    else { preconditionFailure("what was written again cannot be read") }
    var third = IOBuffer()
    RecordFrame.append(reread, at: header.position, remaining: 0, to: &third)
    RecordFrame.seal(&third, at: 0, previous: 1, stamp: 0, logTime: time, wallTime: time)
    precondition(again.readable.copied() == third.readable.copied(), "what was read is written otherwise each time")
}

/// The bytes of a segment behind its header. The first bit says whether every record is sealed anew, so that walks go
/// on behind the first.
func fuzzSegment(_ input: Span<UInt8>) {
    guard !input.isEmpty else { return }
    let first = Position(epoch: 1, number: 1)
    let header = SegmentHeader(
        history: HistoryID(high: 1, low: 2), id: 3, firstPosition: first, madeAt: Instant(milliseconds: 0))
    var buffer = IOBuffer()
    var link = header.encode(into: &buffer)
    buffer.append(input.extracting(1..<input.count))
    var offset = SegmentHeader.size
    while input[0] & 1 == 1, let record = RecordHeader.peek(buffer.readable, at: offset),
        record.length <= buffer.count - offset, record.kind != .mark || record.length == RecordHeader.size + 16
    {
        link = RecordFrame.seal(
            &buffer, at: offset, previous: link, stamp: header.stamp, logTime: record.logTime,
            wallTime: record.wallTime)
        offset += record.length
    }
    walk(buffer.readable)
}

private func walk(_ bytes: Span<UInt8>) {
    guard let header = try? SegmentHeader(bytes) else { preconditionFailure("its own header was refused") }
    var walk = RecordWalk(header, after: nil)
    var last = header.firstPosition.number - 1
    var end = walk.offset
    while let record = try? walk.next(in: bytes) {
        precondition(record.offset == end && walk.offset <= bytes.count, "records lie side by side")
        precondition(record.header.kind.isControl || record.header.position.number == last + 1, "no gap is overlooked")
        last = record.header.position.number
        end = walk.offset
        _ = try? RecordContent.read(record.header, in: bytes, at: record.offset)
    }
    precondition(walk.wholeEnd.offset <= walk.offset)
}

/// The first bit says whether the text is sealed, so that the fuzzer reaches its lines.
func fuzzManifest(_ input: Span<UInt8>) {
    guard !input.isEmpty else { return }
    var bytes = input.extracting(1..<input.count).copied()
    if input[0] & 1 == 1 { bytes += Array("crc32c \(CRC32C.of(bytes.span).hexText)\n".utf8) }
    guard let manifest = try? Manifest(bytes.span) else { return }
    guard let again = try? Manifest(Array(manifest.text.utf8).span) else {
        preconditionFailure("a manifest that was read cannot be read again")
    }
    precondition(again == manifest, "a manifest is not read as it was written")
}

/// Both slots of a mark file, sealed or not.
func fuzzMark(_ input: Span<UInt8>) {
    let history = HistoryID(high: 0x3030_3030_3030_3030, low: 0x3030_3030_3030_3030)
    _ = MarkFile.newest(in: input, history: history)
}
