import Bytes
import CacheModel
import Compression
import Durability
import Posix

/// The first byte chooses a layer, for checksums keep a fuzzer out of the inner ones: file, member, records of
/// a block, head, foot.
func fuzzSnapshot(_ input: Span<UInt8>) {
    guard input.count > 0 else { return }
    let bytes = input.extracting(1..<input.count)
    switch input[0] % 5 {
    case 0: fuzzSnapshotFile(bytes)
    case 1: fuzzMember(bytes)
    case 2: fuzzSnapshotRecords(bytes)
    case 3: _ = try? SnapshotHead(bytes)
    default: _ = try? SnapshotFoot(bytes)
    }
}

private func fuzzSnapshotFile(_ bytes: Span<UInt8>) {
    let loader = SnapshotLoader(disk: BytesDisk(bytes), threads: 1)
    _ = try? loader.summary("snapshot")
    _ = try? loader.load("snapshot", into: CountingState())
}

private func fuzzMember(_ bytes: Span<UInt8>) {
    guard let head = try? GzipMember.head(bytes, label: 13), head.length <= bytes.count,
        var reader = try? GzipMemberReader()
    else { return }
    var out = IOBuffer()
    let isWhole = (try? reader.append(bytes.extracting(0..<head.length), head, to: &out)) != nil
    precondition(!isWhole || out.count == head.inflatedLength, "a member is as long as it says")
}

/// What is read is written again as it was.
private func fuzzSnapshotRecords(_ bytes: Span<UInt8>) {
    var again = IOBuffer()
    var count = 0
    let read = try? SnapshotRecord.readAll(bytes) { effect, position in
        SnapshotRecord.append(effect, at: position, remaining: 0, to: &again)
        count += 1
    }
    guard let read else { return }
    precondition(read == count, "as many records as were given")
    let second = try? SnapshotRecord.readAll(again.readable) { _, _ in }
    precondition(second == count, "what was written again is read again")
}

/// Counts what it is given.
private final class CountingState: DurableState {
    func apply(_ effect: borrowing Effect, at position: Position) {}
    var digest: UInt64 { 0 }
    var lastPosition: Position { .none }
    func capture(from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void) -> CaptureCursor? { nil }
    func forgetDepartures() {}
}

/// One file of given bytes.
private final class BytesDisk: Disk, DiskFile {
    let path = "/fuzz"
    private let bytes: [UInt8]

    init(_ bytes: Span<UInt8>) { self.bytes = bytes.copied() }

    func openForReading(_ name: String) throws(SystemError) -> any DiskFile { self }
    func openForWriting(_ name: String) throws(SystemError) -> any DiskFile { self }
    func create(_ name: String) throws(SystemError) -> any DiskFile { throw .present(name) }
    func rename(_ source: String, to target: String) throws(SystemError) {}
    func remove(_ name: String) throws(SystemError) {}
    func syncDirectory() throws(SystemError) {}
    func names() throws(SystemError) -> [String] { ["snapshot"] }
    func space() throws(SystemError) -> (free: Int, total: Int) { (1 << 30, 1 << 30) }
    func lock() throws(SystemError) {}
    func lockForReading() throws(SystemError) {}

    func read(at offset: Int, upTo count: Int, into buffer: inout IOBuffer) throws(SystemError) -> Int {
        guard offset < bytes.count else { return 0 }
        let end = min(bytes.count, offset + count)
        buffer.append(Array(bytes[offset..<end]))
        return end - offset
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) -> Int { throw .outOfSpace(path) }
    func sync() throws(SystemError) {}
    func preallocate(to length: Int) throws(SystemError) {}
    func truncate(to length: Int) throws(SystemError) {}
    func length() throws(SystemError) -> Int { bytes.count }
}
