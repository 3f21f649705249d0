import Bytes
import CacheModel
import HTTP1

/// The fields `RateLimit-Policy`, `RateLimit` and `Retry-After` (draft-ietf-httpapi-ratelimit-headers-10): structured
/// lists with one item a policy. All numbers are whole seconds or units.
enum RateLimitFields {
    /// `"api";q=100;w=60`
    static func append(_ name: Span<UInt8>, _ rule: LimitRule, to out: inout IOBuffer) {
        append(string: name, to: &out)
        out.append(";q=")
        out.append(decimal: rule.quota)
        if rule.algorithm == .concurrency {
            out.append(";qu=\"concurrent-requests\"")
        } else {
            out.append(";w=")
            out.append(decimal: window(rule))
        }
    }

    /// `;pk=:…:`
    static func append(partition: UInt64, to out: inout IOBuffer) {
        out.append(";pk=:")
        var hash = InlineArray<8, UInt8>(repeating: 0)
        for index in hash.indices { hash[index] = UInt8(truncatingIfNeeded: partition >> UInt64(index * 8)) }
        Base64.encode(hash.span, .standard, into: &out)
        out.append(":")
    }

    /// `"api";r=57;t=12`
    static func append(_ name: Span<UInt8>, _ verdict: LimitVerdict, to out: inout IOBuffer) {
        append(string: name, to: &out)
        out.append(";r=")
        out.append(decimal: shownRemaining(verdict))
        out.append(";t=")
        out.append(decimal: seconds(verdict.moreAfter))
    }

    /// A window in seconds, at least 1.
    private static func window(_ rule: LimitRule) -> Int64 {
        rule.algorithm == .calendar ? rule.period.seconds : max(1, seconds(rule.window))
    }

    /// Rounded up.
    static func seconds(_ milliseconds: Int64) -> Int64 { milliseconds <= 0 ? 0 : (milliseconds - 1) / 1000 + 1 }

    /// On windows above an hour no more than flows in until there is more: a client that spends all it is shown at once
    /// would else spend a day's quota in a second.
    static func shownRemaining(_ verdict: LimitVerdict) -> Int64 {
        let window = window(verdict.rule)
        guard verdict.rule.algorithm != .concurrency, window > 3600, verdict.remaining > 0 else {
            return verdict.remaining
        }
        let (product, overflow) = verdict.rule.quota.multipliedReportingOverflow(
            by: max(1, seconds(verdict.moreAfter)))
        return overflow ? verdict.remaining : max(1, min(verdict.remaining, product / window))
    }

    /// Never earlier than there is more.
    static func retryAfter(_ verdict: LimitVerdict) -> Int64 {
        max(1, seconds(verdict.retryAfter), verdict.answer == .blocked ? 0 : seconds(verdict.moreAfter))
    }

    /// A structured string (RFC 9651 §3.3.3) is printable ASCII: other bytes of a name are percent-encoded.
    private static func append(string bytes: Span<UInt8>, to out: inout IOBuffer) {
        out.append(0x22)
        var plain = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if 0x20...0x7E ~= byte && byte != 0x22 && byte != 0x5C { continue }
            out.append(bytes.extracting(plain..<index))
            append(escaped: byte, to: &out)
            plain = index + 1
        }
        out.append(bytes.extracting(plain..<bytes.count))
        out.append(0x22)
    }

    private static func append(escaped byte: UInt8, to out: inout IOBuffer) {
        if byte == 0x22 || byte == 0x5C {
            out.append(0x5C)
            return out.append(byte)
        }
        out.append(0x25)
        out.append(ASCII.hexDigit(byte >> 4, uppercase: true))
        out.append(ASCII.hexDigit(byte & 15, uppercase: true))
    }
}
