import Bytes
import CacheModel

/// A policy's part of `RateLimit-Policy` as it was written last: a loop is asked about the same policy again and again.
struct PolicyText: ~Copyable {
    private var name = IOBuffer()
    private var rule = LimitRule()
    private var text = IOBuffer()

    /// Appends `"api";q=100;w=60`.
    mutating func append(_ name: Span<UInt8>, _ rule: LimitRule, to out: inout IOBuffer) {
        if self.rule != rule || !self.name.readable.equals(name) || text.isEmpty { remember(name, rule) }
        out.append(text.readable)
    }

    private mutating func remember(_ name: Span<UInt8>, _ rule: LimitRule) {
        self.rule = rule
        self.name.removeAll(keeping: 256)
        self.name.append(name)
        text.removeAll(keeping: 1024)
        RateLimitFields.append(name, rule, to: &text)
    }
}
