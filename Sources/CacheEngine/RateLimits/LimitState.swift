import Bytes
import CacheModel

/// What is kept of one id of a policy.
///
/// ```
/// 0  algorithm : 3 │ blocked │ override │ reservations   1    lowest bit first
///    gcra         full again at, ns 8 │ ns a unit 8
///    fixed, calendar, sliding
///                 number of the window 8 │ used in it 8 │ used in the one before 8 │ its length, ms 8
///    log          count 2, each: at 8, cost 8
///    concurrency  count 2, each: lease 8, end 8, cost 8
///    [blocked until 8] [quota 8, burst 8, end 8] [count 2, each: nonce 8, cost 8, end 8, mark 8]
/// ```
/// Instants are milliseconds since 1970 where they are not said to be nanoseconds. With what it was counted by, so that
/// a policy that changed can take over what was used.
struct LimitState {
    struct Grant {
        var at: Int64
        var cost: Int64
    }

    struct Lease {
        var id: UInt64
        var end: Int64
        var cost: Int64
    }

    struct Reservation {
        var nonce: UInt64
        var cost: Int64
        var end: Int64
        /// `gcra`: when what was taken will have flowed off, ns; else when it was taken.
        var mark: Int64
    }

    var algorithm = LimitAlgorithm.gcra
    /// `gcra`: nanoseconds. Windows: the window's number.
    var mark: Int64 = 0
    var used: Int64 = 0
    var usedBefore: Int64 = 0
    /// `gcra`: nanoseconds a unit. Windows: milliseconds.
    var unit: Int64 = 0
    var grants: [Grant] = []
    var leases: [Lease] = []
    var blockedUntil: Int64?
    var override: LimitOverride?
    var reservations: [Reservation] = []

    static let mostReservations = 1000

    init() {}

    /// Nil for bytes that are no such state.
    init?(_ bytes: RawBytes) {
        // Most states are a mark and a unit of `gcra`, and no more.
        guard bytes.count == 17, bytes.byte(0) == 0 else {
            self.init(bytes.span)
            return
        }
        self.init()
        (mark, unit) = (bytes.number(Int64.self, 1), bytes.number(Int64.self, 9))
        if unit <= 0 { return nil }
    }

    init?(_ bytes: Span<UInt8>) {
        var cursor = StoredCursor(bytes)
        guard let flags = cursor.number(UInt8.self), let algorithm = LimitAlgorithm(rawValue: flags & 7) else {
            return nil
        }
        self.algorithm = algorithm
        guard readUse(&cursor) else { return nil }
        if flags & 8 != 0 {
            guard let until = cursor.number(Int64.self) else { return nil }
            blockedUntil = until
        }
        if flags & 16 != 0 {
            guard let quota = cursor.number(Int64.self), let burst = cursor.number(Int64.self), quota > 0, burst > 0,
                let end = cursor.number(Int64.self)
            else { return nil }
            override = LimitOverride(quota: quota, burst: burst, expiresAt: Instant(milliseconds: end))
        }
        if flags & 32 != 0, !readReservations(&cursor) { return nil }
        guard cursor.left == 0 else { return nil }
    }

    private mutating func readUse(_ cursor: inout StoredCursor) -> Bool {
        switch algorithm {
        case .gcra:
            guard let mark = cursor.number(Int64.self), let unit = cursor.number(Int64.self), unit > 0 else {
                return false
            }
            (self.mark, self.unit) = (mark, unit)
        case .fixed, .calendar, .sliding:
            guard let mark = cursor.number(Int64.self), let used = cursor.number(Int64.self),
                let before = cursor.number(Int64.self), let unit = cursor.number(Int64.self)
            else { return false }
            (self.mark, self.used, usedBefore, self.unit) = (mark, used, before, unit)
        case .log:
            guard let count = cursor.number(UInt16.self) else { return false }
            for _ in 0..<count {
                guard let at = cursor.number(Int64.self), let cost = cursor.number(Int64.self) else { return false }
                grants.append(Grant(at: at, cost: cost))
            }
        case .concurrency:
            guard let count = cursor.number(UInt16.self) else { return false }
            for _ in 0..<count {
                guard let id = cursor.number(UInt64.self), let end = cursor.number(Int64.self),
                    let cost = cursor.number(Int64.self)
                else { return false }
                leases.append(Lease(id: id, end: end, cost: cost))
            }
        }
        return true
    }

    private mutating func readReservations(_ cursor: inout StoredCursor) -> Bool {
        guard let count = cursor.number(UInt16.self) else { return false }
        for _ in 0..<count {
            guard let nonce = cursor.number(UInt64.self), let cost = cursor.number(Int64.self),
                let end = cursor.number(Int64.self), let mark = cursor.number(Int64.self)
            else { return false }
            reservations.append(Reservation(nonce: nonce, cost: cost, end: end, mark: mark))
        }
        return true
    }

    func append(to out: inout IOBuffer) {
        var flags = algorithm.rawValue
        if blockedUntil != nil { flags |= 8 }
        if override != nil { flags |= 16 }
        if !reservations.isEmpty { flags |= 32 }
        out.append(flags)
        switch algorithm {
        case .gcra:
            out.append(littleEndian: mark)
            out.append(littleEndian: unit)
        case .fixed, .calendar, .sliding:
            out.append(littleEndian: mark)
            out.append(littleEndian: used)
            out.append(littleEndian: usedBefore)
            out.append(littleEndian: unit)
        case .log:
            out.append(littleEndian: UInt16(grants.count))
            for grant in grants {
                out.append(littleEndian: grant.at)
                out.append(littleEndian: grant.cost)
            }
        case .concurrency:
            out.append(littleEndian: UInt16(leases.count))
            for lease in leases {
                out.append(littleEndian: lease.id)
                out.append(littleEndian: lease.end)
                out.append(littleEndian: lease.cost)
            }
        }
        if let blockedUntil { out.append(littleEndian: blockedUntil) }
        if let override {
            out.append(littleEndian: override.quota)
            out.append(littleEndian: override.burst)
            out.append(littleEndian: override.expiresAt.milliseconds)
        }
        guard !reservations.isEmpty else { return }
        out.append(littleEndian: UInt16(reservations.count))
        for reservation in reservations {
            out.append(littleEndian: reservation.nonce)
            out.append(littleEndian: reservation.cost)
            out.append(littleEndian: reservation.end)
            out.append(littleEndian: reservation.mark)
        }
    }
}
