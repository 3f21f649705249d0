import Bytes

/// One question to a rate limit: may this id have so much? Slices lie in the bytes that come with the command.
package struct LimitItem: Sendable {
    package var policy: ByteSlice
    package var id: ByteSlice
    /// 0 only asks.
    package var cost: Int64 = 1
    /// What is asked where no policy of that name is stored.
    package var inline: LimitPolicy?

    package init(policy: ByteSlice, id: ByteSlice) {
        self.policy = policy
        self.id = id
    }
}

/// Questions that are answered in one step: all consume, or none does. Each id of a policy may be named once.
package struct LimitCheck: ~Escapable {
    package var items: Span<LimitItem>
    package var bytes: Span<UInt8>
    /// Nothing is consumed.
    package var isDry = false
    /// What is consumed is given back after so many milliseconds unless it is settled; 0 for none.
    package var reserve: Int64 = 0
    /// The most a caller would wait in milliseconds; `gcra` only.
    package var wait: Int64 = 0
    /// Names the reservation, or the leases; anything random.
    package var nonce: UInt64 = 0
    package var zones: ZoneSet

    @_lifetime(copy items, copy bytes)
    package init(items: Span<LimitItem>, bytes: Span<UInt8>, zones: ZoneSet) {
        self.items = items
        self.bytes = bytes
        self.zones = zones
    }
}

/// What is done to one id of a policy beside asking.
package enum LimitAction: Sendable, Equatable {
    /// How it stands.
    case read
    /// Forgets what was used; blocks and overrides stay.
    case forget
    /// Denies everything for so many milliseconds.
    case block(Int64)
    /// Takes, or gives back, without asking.
    case charge(Int64)
    case override(LimitOverride)
    case removeOverride
    /// Makes a lease last so many milliseconds from now on; 0 for what the policy says.
    case renew(lease: UInt64, milliseconds: Int64)
    case release(lease: UInt64)
    /// Settles a reservation at its true cost; 0 gives all back.
    case settle(nonce: UInt64, cost: Int64)
}

package struct LimitChange: ~Escapable {
    package var item: LimitItem
    package var bytes: Span<UInt8>
    package var action: LimitAction
    package var zones: ZoneSet

    @_lifetime(copy bytes)
    package init(item: LimitItem, bytes: Span<UInt8>, action: LimitAction, zones: ZoneSet) {
        self.item = item
        self.bytes = bytes
        self.action = action
        self.zones = zones
    }
}

/// What is done to a policy itself.
package enum LimitPolicyAction: Sendable {
    case read
    case put(LimitSettings)
    case delete
    /// An override for all ids of a shape; nil takes it away.
    case glob([UInt8], LimitOverride?)
}

package struct LimitPolicyCommand: ~Escapable {
    package var name: Span<UInt8>
    package var action: LimitPolicyAction

    @_lifetime(copy name)
    package init(name: Span<UInt8>, action: LimitPolicyAction) {
        self.name = name
        self.action = action
    }
}

/// One page of a policy's ids that are blocked or have overrides of their own.
package struct LimitList: ~Escapable {
    package enum Wanted: Sendable { case blocked, overrides }

    package var policy: Span<UInt8>
    package var wanted: Wanted
    package var cursor: UInt64?
    package var limit: Int

    @_lifetime(copy policy)
    package init(policy: Span<UInt8>, wanted: Wanted, cursor: UInt64?, limit: Int) {
        self.policy = policy
        self.wanted = wanted
        self.cursor = cursor
        self.limit = limit
    }
}

/// The ids of a policy that were denied most often, as items of the reply's `counters`.
package struct LimitDenials: ~Escapable {
    package var policy: Span<UInt8>
    package var most: Int

    @_lifetime(copy policy)
    package init(policy: Span<UInt8>, most: Int) {
        self.policy = policy
        self.most = most
    }
}

/// The answer about one id of a policy: numbers alone, since every question makes and copies one.
package struct LimitVerdict: Sendable, BitwiseCopyable {
    package enum Answer: Sendable, Equatable, BitwiseCopyable {
        case allowed
        case denied
        /// Denied because the id is blocked.
        case blocked
        case unknownPolicy
        /// More than the policy could ever grant.
        case neverGrantable
        /// The zone named in the reply's `value` is needed.
        case needsZone
        /// The reservation or lease is settled, released or over.
        case gone
        /// The policy counts in another way than the action needs.
        case wrongAlgorithm
        /// The id has as many reservations as are kept.
        case tooManyReservations
    }

    package var answer = Answer.allowed
    /// What would be answered were the policy no shadow.
    package var wouldDeny = false
    package var rule = LimitRule()
    package var remaining: Int64 = 0
    /// Until all of the quota is there again, and until more of it is.
    package var resetAfter: Int64 = 0
    package var moreAfter: Int64 = 0
    /// Until the same question would be granted, in milliseconds; 0 where it was.
    package var retryAfter: Int64 = 0
    /// How long the caller is to be held, in milliseconds.
    package var delay: Int64 = 0
    /// A keyed hash of the id, for fields that may show no id.
    package var partition: UInt64 = 0
    /// The lease that was granted.
    package var lease: UInt64?
    package var override: LimitOverride?
    package var blockedUntil: Instant?

    package init() {}

    package var isAllowed: Bool { answer == .allowed }
}

/// What a command about limits has to say beside outcome and entry.
package struct LimitReply: Sendable {
    /// One an item, in order.
    package var verdicts: [LimitVerdict] = []
    package var policy: LimitPolicy?

    package init() {}

    package mutating func reset() {
        if !verdicts.isEmpty { verdicts.removeAll(keepingCapacity: true) }
        if policy != nil { policy = nil }
    }
}
