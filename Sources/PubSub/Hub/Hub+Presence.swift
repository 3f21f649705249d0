import Bytes
import CacheModel

/// A member that comes or goes on being there.
package struct Lease: Sendable {
    package var topic: TopicName
    package var member: [UInt8]
    /// JSON, empty for none.
    package var meta: [UInt8]
    /// Milliseconds it lasts from now on.
    package var timeToLive: Int64

    package init(topic: TopicName, member: [UInt8], meta: [UInt8], timeToLive: Int64) {
        self.topic = topic
        self.member = member
        self.meta = meta
        self.timeToLive = timeToLive
    }
}

extension Hub {
    /// Starts or renews a lease. Listeners for presence are told of a new member, and of one that says something else
    /// of itself.
    package func enter(_ lease: Lease, at now: Instant, own: Int? = nil) -> PresenceChange {
        update(own: own) { $0.enter(lease, at: now) }
    }

    /// Ends a lease.
    package func leave(_ topic: TopicName, member: [UInt8], at now: Instant, own: Int? = nil) -> PresenceChange {
        update(own: own) { $0.leave(topic, member, at: now) }
    }

    /// Who is present, in the order of names; nobody in a topic that is not known.
    package func members(of name: TopicName, at now: Instant) -> [Member] {
        update { state in
            guard let topic = state.topics.find(name) else { return [] }
            return topic.presence.leases
                .filter { $0.value.until > now }
                .map { Member(name: $0.key, meta: $0.value.meta, since: $0.value.since, until: $0.value.until) }
                .sorted { $0.name.lexicographicallyPrecedes($1.name) }
        }
    }
}

extension HubState {
    mutating func enter(_ lease: Lease, at now: Instant) -> PresenceChange {
        let topic = topic(lease.topic)
        let until = now.advanced(byMilliseconds: lease.timeToLive)
        if var there = topic.presence[lease.member] {
            let isNews = there.meta != lease.meta
            there.meta = lease.meta
            there.until = until
            if until < there.scheduled {
                there.scheduled = until
                leases.insert(LeaseQueue.Entry(at: until, topic: topic, member: lease.member))
            }
            topic.presence[lease.member] = there
            if isNews { tell(.join, topic, lease.member, lease.meta, at: now) }
            return .renewed
        }
        if members >= limits.members || topic.presence.count >= PubSubLimits.membersPerTopic {
            retire(topic)
            return .full
        }
        topic.presence[lease.member] = PresenceList.Lease(
            meta: lease.meta, since: now, until: until, scheduled: until)
        members += 1
        leases.insert(LeaseQueue.Entry(at: until, topic: topic, member: lease.member))
        tell(.join, topic, lease.member, lease.meta, at: now)
        return .joined
    }

    mutating func leave(_ name: TopicName, _ member: [UInt8], at now: Instant) -> PresenceChange {
        guard let topic = topics.find(name), let lease = topic.presence[member] else {
            return .absent
        }
        end(lease, member, of: topic, .leave, at: now)
        return .left
    }

    /// Ends leases whose time has come; at most `budget` of them.
    mutating func endLeases(at now: Instant, budget: Int) {
        for _ in 0..<budget {
            guard let entry = leases.takeDue(at: now) else { return }
            guard var lease = entry.topic.presence[entry.member], lease.scheduled == entry.at else { continue }
            if lease.until > now {
                lease.scheduled = lease.until
                entry.topic.presence[entry.member] = lease
                leases.insert(LeaseQueue.Entry(at: lease.until, topic: entry.topic, member: entry.member))
            } else {
                end(lease, entry.member, of: entry.topic, .timeout, at: now)
            }
        }
    }

    private mutating func end(
        _ lease: PresenceList.Lease, _ member: [UInt8], of topic: Topic, _ kind: Event.Kind, at now: Instant
    ) {
        topic.presence[member] = nil
        members -= 1
        tell(kind, topic, member, lease.meta, at: now)
        retire(topic)
    }

    /// An event of a member has a number, as all have, and is held by no history.
    private mutating func tell(
        _ kind: Event.Kind, _ topic: Topic, _ member: [UInt8], _ meta: [UInt8], at now: Instant
    ) {
        _ = reserveNumber(at: now)
        head += 1
        let name = topic.name.bytes
        let publication = Publication(topic: name.span, payload: meta.span, key: member.span)
        let event = Event(
            publication, topic: topic.name, storage: Event.storage(of: publication), kind: kind, cursor: cursor(head),
            at: now, isKept: false)
        _ = handOut(event, of: topic)
    }
}
