import Bytes
import CacheModel

/// A lifetime with the end of freshness: one byte of flags, then 8 bytes for each part that is not as usual.
///
/// ```
/// flag 1 version   2 expiresAt   4 idle   8 staleWhileRevalidate   16 staleIfError   32 freshUntil
/// ```
/// An entry without an end takes one byte. `freshUntil` is written where it differs from `expiresAt`.
struct LifetimeForm {
    var version: UInt64?
    var lifetime: Lifetime
    var freshUntil: Instant

    func encode(into buffer: inout IOBuffer) {
        var flags: UInt8 = 0
        if version != nil { flags |= 1 }
        if lifetime.expiresAt != .never { flags |= 2 }
        if lifetime.idle != 0 { flags |= 4 }
        if lifetime.staleWhileRevalidate != 0 { flags |= 8 }
        if lifetime.staleIfError != 0 { flags |= 16 }
        if freshUntil != lifetime.expiresAt { flags |= 32 }
        buffer.append(flags)
        if let version { buffer.append(littleEndian: version) }
        if flags & 2 != 0 { buffer.append(littleEndian: lifetime.expiresAt.milliseconds) }
        if flags & 4 != 0 { buffer.append(littleEndian: lifetime.idle) }
        if flags & 8 != 0 { buffer.append(littleEndian: lifetime.staleWhileRevalidate) }
        if flags & 16 != 0 { buffer.append(littleEndian: lifetime.staleIfError) }
        if flags & 32 != 0 { buffer.append(littleEndian: freshUntil.milliseconds) }
    }

    init(version: UInt64?, lifetime: Lifetime, freshUntil: Instant) {
        self.version = version
        self.lifetime = lifetime
        self.freshUntil = freshUntil
    }

    /// Goes past a form without looking at its parts.
    static func skip(in reader: inout BodyReader) throws(BodyFlaw) {
        let flags = try reader.number(UInt8.self)
        guard flags < 64 else { throw .unknownFlag(flags) }
        _ = try reader.take(flags.nonzeroBitCount * 8)
    }

    init(from reader: inout BodyReader) throws(BodyFlaw) {
        let flags = try reader.number(UInt8.self)
        guard flags < 64 else { throw .unknownFlag(flags) }
        version = flags & 1 != 0 ? try reader.number(UInt64.self) : nil
        lifetime = Lifetime(
            expiresAt: flags & 2 != 0 ? try reader.instant() : .never,
            idle: flags & 4 != 0 ? try reader.duration("idle lifetime") : 0,
            staleWhileRevalidate: flags & 8 != 0 ? try reader.duration("stale-while-revalidate") : 0,
            staleIfError: flags & 16 != 0 ? try reader.duration("stale-if-error") : 0)
        freshUntil = flags & 32 != 0 ? try reader.instant() : lifetime.expiresAt
    }
}
