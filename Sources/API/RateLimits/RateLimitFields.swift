import Bytes
import CacheModel
import HTTP1

/// The fields `RateLimit-Policy`, `RateLimit` and `Retry-After` (draft-ietf-httpapi-ratelimit-headers-10): structured
/// lists with one item a policy. All numbers are whole seconds or units.
enum RateLimitFields {
    /// `"api";q=100;w=60;pk=:…:`
    static func appendPolicy(_ name: Span<UInt8>, _ verdict: LimitVerdict, to out: inout IOBuffer) {
        append(string: name, to: &out)
        out.append(";q=")
        out.append(decimal: verdict.settings.quota)
        if verdict.settings.algorithm == .concurrency {
            out.append(";qu=\"concurrent-requests\"")
        } else {
            out.append(";w=")
            out.append(decimal: window(verdict.settings))
        }
        out.append(";pk=:")
        var hash = IOBuffer()
        hash.append(littleEndian: verdict.partition)
        Base64.encode(hash.readable, .standard, into: &out)
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
    private static func window(_ settings: LimitSettings) -> Int64 {
        settings.algorithm == .calendar ? settings.period.seconds : max(1, seconds(settings.window))
    }

    /// Rounded up.
    static func seconds(_ milliseconds: Int64) -> Int64 { milliseconds <= 0 ? 0 : (milliseconds - 1) / 1000 + 1 }

    /// On windows above an hour no more than flows in until there is more: a client that spends all it is shown at once
    /// would else spend a day's quota in a second.
    static func shownRemaining(_ verdict: LimitVerdict) -> Int64 {
        let window = window(verdict.settings)
        guard verdict.settings.algorithm != .concurrency, window > 3600, verdict.remaining > 0 else {
            return verdict.remaining
        }
        let (product, overflow) = verdict.settings.quota.multipliedReportingOverflow(
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
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case 0x22, 0x5C:
                out.append(0x5C)
                out.append(byte)
            case 0x20...0x7E: out.append(byte)
            default:
                out.append(0x25)
                out.append(ASCII.hexDigit(byte >> 4, uppercase: true))
                out.append(ASCII.hexDigit(byte & 15, uppercase: true))
            }
        }
        out.append(0x22)
    }
}
