import Bytes
import CacheModel

/// SipHash-1-3 of a key under a secret (Aumasson and Bernstein, 2012; one round a block, three to finish).
///
/// Keyed with a random secret, so that nobody outside can find keys that collide; a pseudo-random function, so that the
/// hashes a listing's cursor shows tell nothing about others. The same choice as Swift's own `Hasher`, which cannot be
/// used here because its seed cannot be given.
struct KeyHasher: Sendable {
    let first: UInt64
    let second: UInt64

    /// The one for stored names of other kinds, under a secret of its own: no key's hash says anything about theirs.
    var ofStates: KeyHasher { KeyHasher(first: ~first, second: second) }

    /// Of a name of another kind than keys, as the states' shards store it: the kind's number in front.
    func hash(kind: Kind, _ name: Span<UInt8>) -> UInt64 {
        var stored = IOBuffer(capacity: name.count + 1)
        stored.append(kind.number)
        stored.append(name)
        return hash(RawBytes(stored.readable))
    }

    @inline(always)
    func hash(_ key: RawBytes) -> UInt64 {
        var state = SipState(first, second)
        let count = key.count
        var offset = 0
        while offset &+ 8 <= count {
            state.compress(UInt64(littleEndian: key.start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset &+= 8
        }
        state.compress(UInt64(truncatingIfNeeded: count) << 56 | tail(key, from: offset))
        return state.finish()
    }

    /// The last 0 to 7 bytes as a little-endian number.
    @inline(always)
    private func tail(_ key: RawBytes, from offset: Int) -> UInt64 {
        let left = key.count &- offset
        if left == 0 { return 0 }
        if key.count >= 8 {
            // One load that ends with the key; what lies before the tail is shifted out.
            let word = key.start.loadUnaligned(fromByteOffset: key.count &- 8, as: UInt64.self)
            return UInt64(littleEndian: word) >> UInt64(64 &- left &* 8)
        }
        var tail: UInt64 = 0
        for index in 0..<left {
            tail |= UInt64(key.start.load(fromByteOffset: offset &+ index, as: UInt8.self)) << UInt64(index &* 8)
        }
        return tail
    }
}

private struct SipState {
    var v0, v1, v2, v3: UInt64

    @inline(always)
    init(_ first: UInt64, _ second: UInt64) {
        v0 = first ^ 0x736f_6d65_7073_6575
        v1 = second ^ 0x646f_7261_6e64_6f6d
        v2 = first ^ 0x6c79_6765_6e65_7261
        v3 = second ^ 0x7465_6462_7974_6573
    }

    @inline(always)
    mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    @inline(always)
    mutating func finish() -> UInt64 {
        v2 ^= 0xFF
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = Self.rotate(v1, 13) ^ v0
        v0 = Self.rotate(v0, 32)
        v2 = v2 &+ v3
        v3 = Self.rotate(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = Self.rotate(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = Self.rotate(v1, 17) ^ v2
        v2 = Self.rotate(v2, 32)
    }

    @inline(always)
    private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word &<< count | word &>> (64 &- count) }
}
