import Bytes
import CacheModel
import HTTP1

/// Values of the kinds that parameters have, each refused with what is allowed.
extension Parameters {
    /// `true` or `false`; nil when it was not given.
    func flag(_ parameter: Parameter) throws(Problem) -> Bool? {
        guard let text = self[parameter] else { return nil }
        if text.equals("true") { return true }
        if text.equals("false") { return false }
        throw .bad(parameter, "true or false")
    }

    /// A whole number in `range`.
    func number(
        _ parameter: Parameter, in range: ClosedRange<Int64>, _ allowed: StaticString
    ) throws(Problem) -> Int64? {
        guard let text = self[parameter] else { return nil }
        guard let value = text.decimalValue(), range.contains(value) else { throw .bad(parameter, allowed) }
        return value
    }

    /// A whole number of 64 bits, with a sign or without.
    func integer(_ parameter: Parameter) throws(Problem) -> Int64? {
        guard let text = self[parameter] else { return nil }
        guard let value = text.signedDecimalValue() else {
            throw .bad(parameter, "a whole number from -9223372036854775808 to 9223372036854775807")
        }
        return value
    }

    /// Whether whole numbers are to be strings in the answer: for readers whose numbers are doubles.
    func quotesIntegers() throws(Problem) -> Bool {
        guard let text = self[.int] else { return false }
        guard text.equals("string") else { throw .bad(.int, "string, or nothing") }
        return true
    }

    /// A duration, with or without jitter.
    func duration(_ parameter: Parameter, allowingJitter: Bool = false) throws(Problem) -> DurationText? {
        guard let text = self[parameter] else { return nil }
        return try Self.duration(text, parameter, allowingJitter: allowingJitter)
    }

    static func duration(
        _ text: Span<UInt8>, _ parameter: Parameter, allowingJitter: Bool
    ) throws(Problem) -> DurationText {
        let duration: DurationText
        do throws(DurationText.Failure) {
            duration = try DurationText.parse(text)
        } catch {
            throw .bad(parameter, error.message)
        }
        guard allowingJitter || duration.jitterPercent == 0 else {
            throw .bad(parameter, "jitter (~10%) goes with ttl only")
        }
        return duration
    }

    /// An instant.
    func instant(_ parameter: Parameter) throws(Problem) -> Instant? {
        guard let text = self[parameter] else { return nil }
        return try Self.instant(text, parameter)
    }

    static func instant(_ text: Span<UInt8>, _ parameter: Parameter) throws(Problem) -> Instant {
        guard let milliseconds = RFC3339.parse(text) else {
            throw .bad(parameter, "an instant is RFC 3339 with an offset, as in 2026-01-02T03:04:05Z")
        }
        return Instant(milliseconds: milliseconds)
    }

    /// The bytes of a name given as text or, by its sister, as base64url; appended to `buffer`.
    ///
    /// - Returns: false when neither was given.
    func name(
        _ plain: Parameter, _ encoded: Parameter, into buffer: inout IOBuffer
    ) throws(Problem) -> Bool {
        if let text = self[plain] {
            guard !has(encoded) else { throw .bad(encoded, "given beside its plain form") }
            buffer.append(text)
        } else if let text = self[encoded] {
            guard Base64.decode(text, .url, into: &buffer) else { throw .bad(encoded, "not base64url") }
        } else {
            return false
        }
        guard buffer.count <= Limits.keyBytes else { throw .bad(plain, "a name is at most 4096 bytes") }
        return true
    }
}
