import Bytes
import CacheModel

/// A reservation as its holder knows it: the nonce it is kept under, and the ids it was taken from.
///
/// ```
/// nonce 8 │ each: length 2, policy, length 2, id      in base64url
/// ```
/// Nothing in it is secret but the nonce; whoever has it may settle.
enum LimitReservation {
    static func append(
        _ nonce: UInt64, _ items: [LimitItem], _ bytes: Span<UInt8>, to out: inout IOBuffer
    ) {
        var plain = IOBuffer()
        plain.append(littleEndian: nonce)
        for item in items {
            for slice in [item.policy, item.id] {
                plain.append(littleEndian: UInt16(slice.count))
                plain.append(bytes.extracting(slice))
            }
        }
        Base64.encode(plain.readable, .url, into: &out)
    }

    /// Reads one; names are appended to `bytes`. Nil for anything else.
    static func read(_ text: Span<UInt8>, into bytes: inout IOBuffer) -> (nonce: UInt64, items: [LimitItem])? {
        var plain = IOBuffer()
        guard text.count < 1 << 18, Base64.decode(text, .url, into: &plain) else { return nil }
        var cursor = StoredCursor(plain.readable)
        guard let nonce = cursor.number(UInt64.self) else { return nil }
        var items: [LimitItem] = []
        while cursor.left > 0 {
            guard items.count < DeskLimits.checks, let policyCount = cursor.number(UInt16.self),
                let policy = cursor.bytes(Int(policyCount)), let idCount = cursor.number(UInt16.self),
                let id = cursor.bytes(Int(idCount)), !policy.isEmpty, !id.isEmpty
            else { return nil }
            let start = bytes.count
            bytes.append(policy)
            bytes.append(id)
            items.append(
                LimitItem(
                    policy: ByteSlice(start: start, count: policy.count),
                    id: ByteSlice(start: start + policy.count, count: id.count)))
        }
        return items.isEmpty ? nil : (nonce, items)
    }
}

/// What bounds questions about limits.
enum DeskLimits {
    /// Policies of one check: so many shards may be locked at once.
    static let checks = 16
    /// Independent questions of one batch.
    static let lines = 1000
    /// How far a caller's clock may be off, in milliseconds.
    static let clockDifference: Int64 = 5000
}
