import Bytes

/// One question to a rate limit: may this id have so much? Slices lie in the bytes that come with the command.
public struct LimitItem: Sendable {
    public var policy: ByteSlice
    public var id: ByteSlice
    /// 0 only asks.
    public var cost: Int64 = 1
    /// What is asked where no policy of that name is stored.
    public var inline: LimitPolicy?

    public init(policy: ByteSlice, id: ByteSlice) {
        self.policy = policy
        self.id = id
    }
}

/// Questions that are answered in one step: all consume, or none does. Each id of a policy may be named once.
public struct LimitCheck: ~Escapable {
    public var items: Span<LimitItem>
    public var bytes: Span<UInt8>
    /// Nothing is consumed.
    public var isDry = false
    /// What is consumed is given back after so many milliseconds unless it is settled; 0 for none.
    public var reserve: Int64 = 0
    /// The most a caller would wait in milliseconds; `gcra` only.
    public var wait: Int64 = 0
    /// Names the reservation, or the leases; anything random.
    public var nonce: UInt64 = 0
    public var zones: ZoneSet

    @_lifetime(copy items, copy bytes)
    public init(items: Span<LimitItem>, bytes: Span<UInt8>, zones: ZoneSet) {
        self.items = items
        self.bytes = bytes
        self.zones = zones
    }
}

/// What is done to one id of a policy beside asking.
public enum LimitAction: Sendable, Equatable {
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

public struct LimitChange: ~Escapable {
    public var item: LimitItem
    public var bytes: Span<UInt8>
    public var action: LimitAction
    public var zones: ZoneSet

    @_lifetime(copy bytes)
    public init(item: LimitItem, bytes: Span<UInt8>, action: LimitAction, zones: ZoneSet) {
        self.item = item
        self.bytes = bytes
        self.action = action
        self.zones = zones
    }
}

/// What is done to a policy itself.
public enum LimitPolicyAction: Sendable {
    case read
    case put(LimitSettings)
    case delete
    /// An override for all ids of a shape; nil takes it away.
    case glob([UInt8], LimitOverride?)
}

public struct LimitPolicyCommand: ~Escapable {
    public var name: Span<UInt8>
    public var action: LimitPolicyAction

    @_lifetime(copy name)
    public init(name: Span<UInt8>, action: LimitPolicyAction) {
        self.name = name
        self.action = action
    }
}

/// One page of a policy's ids that are blocked or have overrides of their own.
public struct LimitList: ~Escapable {
    public enum Wanted: Sendable { case blocked, overrides }

    public var policy: Span<UInt8>
    public var wanted: Wanted
    public var cursor: UInt64?
    public var limit: Int

    @_lifetime(copy policy)
    public init(policy: Span<UInt8>, wanted: Wanted, cursor: UInt64?, limit: Int) {
        self.policy = policy
        self.wanted = wanted
        self.cursor = cursor
        self.limit = limit
    }
}

/// The ids of a policy that were denied most often, as items of the reply's `counters`.
public struct LimitDenials: ~Escapable {
    public var policy: Span<UInt8>
    public var most: Int

    @_lifetime(copy policy)
    public init(policy: Span<UInt8>, most: Int) {
        self.policy = policy
        self.most = most
    }
}

/// The answer about one id of a policy: numbers alone, since every question makes and copies one.
public struct LimitVerdict: Sendable, BitwiseCopyable {
    public enum Answer: Sendable, Equatable, BitwiseCopyable {
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

    public var answer = Answer.allowed
    /// What would be answered were the policy no shadow.
    public var wouldDeny = false
    public var rule = LimitRule()
    public var remaining: Int64 = 0
    /// Until all of the quota is there again, and until more of it is.
    public var resetAfter: Int64 = 0
    public var moreAfter: Int64 = 0
    /// Until the same question would be granted, in milliseconds; 0 where it was.
    public var retryAfter: Int64 = 0
    /// How long the caller is to be held, in milliseconds.
    public var delay: Int64 = 0
    /// A keyed hash of the id, for fields that may show no id.
    public var partition: UInt64 = 0
    /// The lease that was granted.
    public var lease: UInt64?
    public var override: LimitOverride?
    public var blockedUntil: Instant?

    public init() {}

    public var isAllowed: Bool { answer == .allowed }
}

/// What a command about limits has to say beside outcome and entry.
public struct LimitReply: Sendable {
    /// One an item, in order.
    public var verdicts: [LimitVerdict] = []
    public var policy: LimitPolicy?

    public init() {}

    public mutating func reset() {
        if !verdicts.isEmpty { verdicts.removeAll(keepingCapacity: true) }
        if policy != nil { policy = nil }
    }
}
