import Posix

/// One thread's turn: wait, read and answer, take the mail, fire the timers, do a slice of upkeep.
///
/// Lives on its thread alone; the only way in from outside is its ``Mailbox``.
public final class EventLoop {
    /// What the owner of the loop is told once a turn or by mail.
    public protocol Owner: AnyObject {
        /// A turn begins; the loop's clocks have been set.
        func turnBegan()
        /// A word arrived in the mailbox.
        func received(_ word: UInt64)
        /// Time for a slice of upkeep. Returns milliseconds until the next one.
        func upkeep() -> Int64
        /// The turn is nearly over: what was put off until everybody had been read from.
        func turnEnds()
        /// The turn is over; `busy` is what it took in nanoseconds.
        func turnEnded(busy: Int64)
    }

    private struct Slot {
        var handler: (any EventHandler)?
        var generation: UInt32 = 0
        /// When the handler wants to be called, and for when the wheel holds a live entry; `.max` for never.
        var deadline: Int64 = .max
        var scheduled: Int64 = .max
    }

    private static let mailToken = UInt64.max

    public let mailbox: Mailbox
    private let epoll: Epoll
    @exclusivity(unchecked) private var slots: [Slot] = []
    @exclusivity(unchecked) private var freeSlots: [Int] = []
    @exclusivity(unchecked) private var wheel: TimerWheel
    @exclusivity(unchecked) private var isStopped = false
    @exclusivity(unchecked) private var comesBack = false
    @exclusivity(unchecked) private var nextUpkeep: Int64 = 0

    /// Monotonic time of this turn, in nanoseconds and milliseconds. Behind a getter: other rooms look at it several
    /// times a request, and a stored property of another room's object is checked for overlapping access.
    public var monotonicNanoseconds: Int64 { turnStart }
    @exclusivity(unchecked) private var turnStart: Int64
    public var now: Int64 { monotonicNanoseconds / 1_000_000 }
    /// Wall time of this turn, in milliseconds since 1970. Read anew with each upkeep and carried on by the monotonic
    /// clock in between: one clock call a turn instead of two.
    public var wallMilliseconds: Int64 { wallBase + (monotonicNanoseconds - wallBaseMonotonic) / 1_000_000 }
    @exclusivity(unchecked) private var wallBase: Int64
    @exclusivity(unchecked) private var wallBaseMonotonic: Int64

    public init(mailbox: Mailbox) throws(SystemError) {
        self.mailbox = mailbox
        epoll = try Epoll()
        turnStart = Clock.monotonicNanoseconds()
        wallBase = Clock.wallMilliseconds()
        wallBaseMonotonic = turnStart
        wheel = TimerWheel(now: turnStart / 1_000_000)
        try epoll.add(mailbox.wakeup.descriptor.raw, .read, token: Self.mailToken)
    }

    // MARK: Handlers

    /// Watches a descriptor for a handler, which stays alive until ``deregister(_:)``.
    public func register(
        _ handler: any EventHandler, _ descriptor: Int32, _ interest: Interest
    ) throws(SystemError) -> Registration {
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        let registration = Registration(index: index, generation: slots[index].generation)
        do {
            try epoll.add(descriptor, interest, token: registration.token)
        } catch {
            freeSlots.append(index)
            throw error
        }
        slots[index].handler = handler
        return registration
    }

    public func change(
        _ registration: Registration, _ descriptor: Int32, _ interest: Interest
    ) throws(SystemError) {
        try epoll.change(descriptor, interest, token: registration.token)
    }

    /// Forgets a handler; the descriptor is to be closed by its owner, at once.
    public func deregister(_ registration: Registration, _ descriptor: Int32) {
        guard handler(registration) != nil else { return }
        epoll.remove(descriptor)
        slots[registration.index].handler = nil
        slots[registration.index].generation &+= 1
        slots[registration.index].deadline = .max
        slots[registration.index].scheduled = .max
        freeSlots.append(registration.index)
    }

    /// The handler a registration names; nil when it is gone.
    public func handler(_ registration: Registration) -> (any EventHandler)? {
        guard registration.index < slots.count else { return nil }
        guard slots[registration.index].generation == registration.generation else { return nil }
        return slots[registration.index].handler
    }

    /// The handler in a slot, whatever its generation: for mail that carries a generation of its own.
    public func handler(at index: Int) -> (any EventHandler)? { index < slots.count ? slots[index].handler : nil }

    /// All handlers, for the end.
    public var handlers: [any EventHandler] { slots.compactMap(\.handler) }

    // MARK: Deadlines

    /// Sets when the handler is to be called (monotonic milliseconds), instead of what was set before; `.max` for
    /// never.
    public func setDeadline(_ deadline: Int64, of registration: Registration) {
        let index = registration.index
        guard slots[index].generation == registration.generation else { return }
        slots[index].deadline = deadline
        if deadline < slots[index].scheduled {
            slots[index].scheduled = deadline
            wheel.schedule(registration.token, at: deadline)
        }
    }

    private func fireTimers() {
        let now = now
        while let entries = wheel.takeNext(now: now) {
            for entry in entries { fire(entry, now: now) }
        }
    }

    private func fire(_ entry: TimerWheel.Entry, now: Int64) {
        let registration = Registration(token: entry.token)
        let index = registration.index
        guard slots[index].generation == registration.generation, slots[index].scheduled == entry.due else { return }
        slots[index].scheduled = .max
        let deadline = slots[index].deadline
        if deadline > now {
            if deadline != .max { setDeadline(deadline, of: registration) }
            return
        }
        slots[index].deadline = .max
        slots[index].handler?.deadlineReached()
    }

    // MARK: Turns

    /// There is more to do: the next turn takes what has arrived, and waits for nothing.
    public func comeBack() { comesBack = true }

    /// Ends ``run(owner:)`` after the turn at hand.
    public func stop() { isStopped = true }

    /// Runs turns until ``stop()``.
    public func run(owner: any Owner) {
        while !isStopped { turn(owner) }
    }

    private func turn(_ owner: any Owner) {
        let delay = comesBack ? 0 : wheel.nextDelay(now: now, limit: max(0, nextUpkeep - now))
        comesBack = false
        let count = epoll.wait(timeoutMilliseconds: Int(delay))
        let start = Clock.monotonicNanoseconds()
        turnStart = start
        owner.turnBegan()
        var hasMail = false
        for index in 0..<count {
            let event = epoll.event(index)
            if event.token == Self.mailToken {
                hasMail = true
            } else {
                handler(Registration(token: event.token))?.ready(event)
            }
        }
        if hasMail { for word in mailbox.takeAll() { owner.received(word) } }
        fireTimers()
        if now >= nextUpkeep {
            wallBase = Clock.wallMilliseconds()
            wallBaseMonotonic = Clock.monotonicNanoseconds()
            nextUpkeep = now + owner.upkeep()
        }
        owner.turnEnds()
        let end = Clock.monotonicNanoseconds()
        owner.turnEnded(busy: end - start)
        turnStart = end
    }
}
