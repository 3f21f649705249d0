import Bytes
import CacheModel
import HTTP1

/// What a writer asks about an entry's lifetime, from parameters, fields or members of JSON, before it is settled.
///
/// `ttl` and `max-age` are the same thing, as are `expires_at` and `Expires`, which `max-age` overrules
/// (RFC 9111 §5.3). A parameter and a field that say different things are refused.
struct LifetimeWish {
    /// The lifetime that is there stays.
    var keeps = false
    /// Milliseconds of freshness; 0 is stale at once.
    var ttl: Int64?
    var jitterPercent = 0
    /// The end of freshness, where it was given as an instant.
    var expiresAt: Instant?
    var idle: Int64 = 0
    var staleWhileRevalidate: Int64 = 0
    var staleIfError: Int64 = 0

    /// `Cache-Control` held `max-age` and is to be returned to readers.
    private(set) var keepsCacheControl = false
    /// What to name when the end turns out to lie in the past.
    private var endIsParameter = true

    /// No end.
    init() {}

    /// Whether any end was given.
    var hasEnd: Bool { ttl != nil || expiresAt != nil || idle > 0 }

    // MARK: Parameters

    mutating func read(_ parameters: borrowing Parameters) throws(Problem) {
        if let text = parameters[.ttl] {
            if text.equals("keep") {
                keeps = true
            } else {
                let duration = try Parameters.duration(text, .ttl, allowingJitter: true)
                ttl = duration.milliseconds
                jitterPercent = duration.jitterPercent
            }
        }
        if let text = parameters[.idle] {
            idle = try Parameters.duration(text, .idle, allowingJitter: false).milliseconds
        }
        expiresAt = try parameters.instant(.expiresAt)
        if keeps && idle > 0 { throw .bad(.idle, "given beside ttl=keep") }
        if expiresAt != nil && (keeps || ttl != nil) { throw .bad(.expiresAt, "given beside ttl") }
    }

    // MARK: Fields

    static func hasFields(_ request: borrowing Request) -> Bool {
        request.has(.cacheControl) || request.has(.expires)
    }

    mutating func readFields(of request: borrowing Request, at now: Instant) throws(Problem) {
        try readCacheControl(of: request)
        guard let field = request.field(.expires), ttl == nil, !keeps else { return }
        // RFC 9111 §5.3: a malformed date, `0` above all, means the past.
        let seconds = HTTPDate.parse(field, now: now.seconds) ?? 0
        if let expiresAt {
            guard expiresAt.seconds == seconds else { throw .bad(.expiresAt, "Expires says something else") }
        } else {
            expiresAt = Instant(milliseconds: seconds * 1000)
            endIsParameter = false
        }
    }

    private mutating func readCacheControl(of request: borrowing Request) throws(Problem) {
        var control = CacheControl()
        var index = -1
        while let next = request.nextLine(of: .cacheControl, after: index) {
            index = next
            do throws(FieldError) {
                try control.read(request.line(next))
            } catch {
                throw .badRequest(
                    error == .contradictory
                        ? "Cache-Control gives one directive two values"
                        : "Cache-Control is a list of directives; ages are whole seconds")
            }
        }
        if control.noStore { throw .badRequest("Cache-Control: no-store forbids what a cache is for") }
        staleWhileRevalidate = try Self.window(control.staleWhileRevalidate)
        staleIfError = try Self.window(control.staleIfError)
        if let maxAge = control.maxAge { try takeMaxAge(maxAge) }
    }

    private mutating func takeMaxAge(_ seconds: Int64) throws(Problem) {
        guard seconds * 1000 <= Limits.lifetime else { throw .badRequest("max-age is at most ten years") }
        if keeps { throw .bad(.ttl, "keep is given beside Cache-Control: max-age") }
        if expiresAt != nil { throw .bad(.expiresAt, "given beside Cache-Control: max-age") }
        if let ttl, ttl != seconds * 1000 { throw .bad(.ttl, "Cache-Control: max-age says something else") }
        ttl = seconds * 1000
        keepsCacheControl = true
    }

    private static func window(_ seconds: Int64?) throws(Problem) -> Int64 {
        guard let seconds else { return 0 }
        guard seconds * 1000 <= Limits.lifetime else { throw .badRequest("a stale window is at most ten years") }
        return seconds * 1000
    }

    // MARK: Settling

    /// The lifetime as absolute instants; jitter is drawn here, once.
    func settled(at now: Instant, random: inout SplitMix64) throws(Problem) -> LifetimeChange {
        if keeps { return .keep }
        var lifetime = Lifetime(
            idle: idle, staleWhileRevalidate: staleWhileRevalidate, staleIfError: staleIfError)
        if let ttl {
            if ttl == 0 && lifetime.staleWindow == 0 {
                throw .badRequest(
                    "max-age=0 needs stale-while-revalidate or stale-if-error; to remove a key use DELETE")
            }
            lifetime.expiresAt = now.advanced(byMilliseconds: Self.shortened(ttl, jitterPercent, &random))
        } else if let expiresAt {
            try check(expiresAt, at: now, window: lifetime.staleWindow)
            lifetime.expiresAt = expiresAt
        }
        return .set(lifetime)
    }

    private func check(_ end: Instant, at now: Instant, window: Int64) throws(Problem) {
        if end.since(now) > Limits.lifetime {
            throw endIsParameter
                ? .bad(.expiresAt, "at most ten years ahead") : .badRequest("Expires is at most ten years ahead")
        }
        if end <= now && window == 0 {
            throw endIsParameter
                ? .bad(.expiresAt, "lies in the past; to remove a key use DELETE")
                : .badRequest("Expires lies in the past; to remove a key use DELETE")
        }
    }

    /// `ttl` less a random share of up to `jitterPercent`: an entry never outlives what was asked.
    static func shortened(_ ttl: Int64, _ jitterPercent: Int, _ random: inout SplitMix64) -> Int64 {
        if jitterPercent == 0 { return ttl }
        let most = ttl / 100 * Int64(jitterPercent) + ttl % 100 * Int64(jitterPercent) / 100
        return max(1, ttl - Int64.random(in: 0...most, using: &random))
    }
}
