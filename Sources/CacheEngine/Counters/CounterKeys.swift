import Bytes
import CacheModel

/// The stored keys of counters.
///
/// ```
/// kind 1 │ 0 │ name                                                  the counter itself
/// kind 1 │ 1 │ name │ what 1 │ unit 1 │ width 4 │ bucket 8           uniques or items of one bucket
/// ```
/// Parts stand in the shard of their counter, which the name alone decides, so that one lock covers them all.
enum CounterKeys {
    enum Part: UInt8, CaseIterable {
        case uniques = 1
        case items = 2
    }

    private static let suffixBytes = 14
    /// Stands for the unit of what is kept over all time.
    private static let allTime: UInt8 = 0xFF

    /// What a key of a part has beyond the name.
    static let partBytes = 2 + suffixBytes

    static func append(main name: Span<UInt8>, to keys: inout IOBuffer) {
        keys.append(Kind.counters.number)
        keys.append(0)
        keys.append(name)
    }

    /// - Parameter window: nil for all time.
    static func append(
        _ part: Part, of name: Span<UInt8>, _ window: CounterWindow?, bucket: Int64, to keys: inout IOBuffer
    ) {
        keys.append(Kind.counters.number)
        keys.append(1)
        keys.append(name)
        keys.append(part.rawValue)
        keys.append(window?.unit.rawValue ?? allTime)
        keys.append(littleEndian: window?.width ?? 0)
        keys.append(littleEndian: bucket)
    }

    /// The name in a stored key.
    static func name(in key: RawBytes) -> RawBytes {
        guard key.count >= 2 else { return .empty }
        let isPart = key.start.load(fromByteOffset: 1, as: UInt8.self) != 0
        return RawBytes(start: key.start + 2, count: max(0, key.count - 2 - (isPart ? suffixBytes : 0)))
    }

    static func isMain(_ key: RawBytes) -> Bool {
        key.count >= 2 && key.start.load(as: UInt8.self) == Kind.counters.number
            && key.start.load(fromByteOffset: 1, as: UInt8.self) == 0
    }
}
