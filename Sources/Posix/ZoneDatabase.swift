import CZones
import Glibc

/// The system's zone database, `/usr/share/zoneinfo` or `TZDIR`, read by cctz.
public enum ZoneDatabase {
    /// From a moment on, so many seconds east of UTC.
    public struct Transition: Sendable, Equatable {
        public let at: Int64
        public let offset: Int32
    }

    public struct Zone: Sendable {
        public let firstOffset: Int32
        public let transitions: [Transition]
    }

    /// No zone has more in the years that are read; 300 is usual.
    private static let mostTransitions = 2048
    /// 1970 to 2100, in seconds.
    private static let years: ClosedRange<Int64> = 0...4_102_444_800
    private static let longestName = 64

    /// The offsets of a zone from 1970 to 2100; nil for one the database does not have, and for a name that could name
    /// another file. Reads a file of some kilobytes: not for the request line.
    public static func zone(named name: [UInt8]) -> Zone? {
        guard isPlain(name) else { return nil }
        var first: Int32 = 0
        var found = [nuthatch_transition](repeating: nuthatch_transition(), count: mostTransitions)
        let text = name.map { CChar(bitPattern: $0) } + [0]
        let count = nuthatch_zone_transitions(
            text, years.lowerBound, years.upperBound, &first, &found, Int32(mostTransitions))
        guard count >= 0 else { return nil }
        return Zone(
            firstOffset: first, transitions: found.prefix(Int(count)).map { Transition(at: $0.at, offset: $0.offset) })
    }

    /// Letters, digits and `_+-`, in parts between single slashes: neither an absolute path nor one with dots.
    private static func isPlain(_ name: [UInt8]) -> Bool {
        guard !name.isEmpty, name.count <= longestName else { return false }
        for part in name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let isWord = part.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2B, 0x2D: true
                default: false
                }
            }
            if part.isEmpty || !isWord { return false }
        }
        return true
    }
}
