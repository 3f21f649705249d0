/// The keys a program asked for, one after the other: 32-bit big-endian integers in a file.
struct Trace {
    private let keys: [UInt32]

    init(keys: [UInt32]) { self.keys = keys }

    init(file path: String) {
        guard let bytes = FileBytes.read(path) else { failErrno(path) }
        let isCompressed = bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A])
        if isCompressed { fail("\(path) is compressed; unpack it first with: xz -dk \(path)") }
        guard bytes.count % 4 == 0, !bytes.isEmpty else {
            fail("\(path): a trace is one or more 32-bit numbers, this has \(bytes.count) bytes")
        }
        keys = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
            }
        }
    }

    var count: Int { keys.count }

    @inline(__always)
    subscript(position: Int) -> UInt32 { keys[position] }

    func write(to path: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(keys.count * 4)
        for key in keys { withUnsafeBytes(of: key.bigEndian) { bytes.append(contentsOf: $0) } }
        FileBytes.write(bytes, to: path)
    }
}
