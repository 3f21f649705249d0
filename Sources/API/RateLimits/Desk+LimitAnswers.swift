import Bytes
import CacheModel
import HTTP1
import JSON

/// What a denied question is answered with.
enum LimitDenial: Int {
    case tooMany = 429
    case forbidden = 403
    /// For callers that read the body: the status says that the question was answered.
    case answered = 200
}

/// A verdict whose caller is held until its turn comes.
struct HeldVerdict {
    let verdict: LimitVerdict
    /// What the log must hold before it is told.
    let horizon: Position
}

/// Answers to questions about rate limits.
extension Desk {
    static let quotaExceeded: StaticString = "https://iana.org/assignments/http-problem-types#quota-exceeded"

    /// The problem a verdict is, where it is neither yes nor no.
    static func problem(_ verdict: LimitVerdict) -> Problem? {
        switch verdict.answer {
        case .allowed, .denied, .blocked: nil
        case .unknownPolicy:
            Problem(.unknownPolicy, "there is no such policy: PUT it, or send quota and window with the question")
        case .neverGrantable: Problem(.unprocessable, "the policy could never grant such a cost")
        case .needsZone: .unavailable
        case .gone: Problem(.gone, "settled, released or over")
        case .wrongAlgorithm: Problem(.unprocessable, "the policy's algorithm does not do this")
        case .tooManyReservations: Problem(.unprocessable, "the id has 1000 unsettled reservations")
        }
    }

    /// The fields of one or more verdicts, one item each; names lie in `bytes`.
    mutating func writeLimitFields(
        _ verdicts: Span<LimitVerdict>, _ names: Span<ByteSlice>, _ bytes: Span<UInt8>,
        response: inout ResponseWriter
    ) {
        response.beginField("RateLimit-Policy")
        for index in verdicts.indices {
            if index > 0 { response.buffer.append(", ") }
            policyText.append(bytes.extracting(names[index]), verdicts[index].rule, to: &response.buffer)
            RateLimitFields.append(partition: verdicts[index].partition, to: &response.buffer)
        }
        response.endField()
        response.beginField("RateLimit")
        for index in verdicts.indices {
            if index > 0 { response.buffer.append(", ") }
            RateLimitFields.append(bytes.extracting(names[index]), verdicts[index], to: &response.buffer)
        }
        response.endField()
    }

    /// The members of a verdict.
    static func append(
        _ verdict: LimitVerdict, _ policy: Span<UInt8>, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.member("allowed", bool: verdict.isAllowed, into: &out)
        json.member("policy", orBase64: "policy64", bytes: policy, into: &out)
        // These are always there and always numbers: literals, of which the compiler makes a few moves each.
        out.append(",\"remaining\":")
        out.append(decimal: verdict.remaining)
        out.append(",\"reset_ms\":")
        out.append(decimal: verdict.resetAfter)
        out.append(",\"retry_after_ms\":")
        out.append(decimal: verdict.retryAfter)
        if verdict.answer == .blocked { json.member("reason", string: "blocked", into: &out) }
        if verdict.rule.isShadow { json.member("would_deny", bool: verdict.wouldDeny, into: &out) }
        if verdict.delay > 0 { json.member("delay_ms", integer: verdict.delay, into: &out) }
        if let lease = verdict.lease {
            var text = IOBuffer()
            text.append(hexadecimal: lease)
            json.member("lease", string: text.readable, into: &out)
        }
    }

    /// Answers one question.
    mutating func answerLimit(
        _ verdict: LimitVerdict, _ policy: ByteSlice, _ bytes: Span<UInt8>, _ denial: LimitDenial,
        reservation: Span<UInt8>, response: inout ResponseWriter
    ) {
        let status = verdict.isAllowed ? 200 : denial.rawValue
        let isProblem = !verdict.isAllowed && denial != .answered
        let name = bytes.extracting(policy)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        if isProblem { Self.appendProblem(status, json: &json, into: &scratch) }
        Self.append(verdict, name, json: &json, into: &scratch)
        if isProblem {
            json.name("violated-policies", into: &scratch)
            json.beginArray(into: &scratch)
            Self.append(name: name, json: &json, into: &scratch)
            json.endArray(into: &scratch)
        }
        if !reservation.isEmpty { json.member("reservation", string: reservation, into: &scratch) }
        json.endObject(into: &scratch)
        scratch.append("\n")
        response.begin(status)
        response.fields(
            isProblem
                ? "Content-Type: application/problem+json\r\nX-Content-Type-Options: nosniff\r\n" : Surface.json)
        let (verdicts, names): (InlineArray<1, LimitVerdict>, InlineArray<1, ByteSlice>) = ([verdict], [policy])
        writeLimitFields(verdicts.span, names.span, bytes, response: &response)
        if !verdict.isAllowed { response.field("Retry-After", decimal: RateLimitFields.retryAfter(verdict)) }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    static func appendProblem(_ status: Int, json: inout JSONWriter, into out: inout IOBuffer) {
        json.member("type", string: quotaExceeded, into: &out)
        json.member("title", string: "Quota exceeded", into: &out)
        json.member("status", integer: status, into: &out)
        json.member("detail", string: "the limit is used up: try again when Retry-After says", into: &out)
    }

    /// A name in a list: as text where it is text, else escaped as in the fields.
    static func append(name: Span<UInt8>, json: inout JSONWriter, into out: inout IOBuffer) {
        if name.isValidUTF8 { return json.string(name, into: &out) }
        json.beginObject(into: &out)
        json.member("policy", orBase64: "policy64", bytes: name, into: &out)
        json.endObject(into: &out)
    }
}

extension IOBuffer {
    /// Appends 16 lower-case digits.
    mutating func append(hexadecimal number: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            append(ASCII.hexDigit(UInt8(truncatingIfNeeded: number >> UInt64(shift) & 15)))
        }
    }
}

extension Span where Element == UInt8 {
    /// The value of 16 lower-case hexadecimal digits.
    func hexadecimalValue() -> UInt64? {
        guard count == 16 else { return nil }
        var number: UInt64 = 0
        for index in indices {
            guard let digit = ASCII.hexValue(self[index]) else { return nil }
            number = number << 4 | UInt64(digit)
        }
        return number
    }
}
