import Bytes
import CacheModel
import HTTP1
import JSON
import PubSub

/// `GET /v1/topics/{t}/presence`, `PUT` and `DELETE …/presence/{member}`.
extension Desk {
    /// Milliseconds a lease lasts where nothing is said, and the least and the most it may.
    private static let leaseDefault: Int64 = 30_000
    private static let leases: ClosedRange<Int64> = 1000...3_600_000

    mutating func readPresence(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        try refuseAllButName(request)
        try requireJSONForm(request, "a list of members is application/json")
        let members = api.hub.members(of: name, at: turn.now)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.member("count", integer: members.count, into: &scratch)
        json.name("members", into: &scratch)
        json.beginArray(into: &scratch)
        for member in members {
            json.beginObject(into: &scratch)
            json.member("member", orBase64: "member64", bytes: member.name.span, into: &scratch)
            if member.meta.isEmpty {
                json.memberNull("meta", into: &scratch)
            } else {
                json.member("meta", raw: member.meta.span, into: &scratch)
            }
            EventWriter.appendInstant("since_at", member.since, json: &json, into: &scratch)
            EventWriter.appendInstant("expires_at", member.until, json: &json, into: &scratch)
            json.endObject(into: &scratch)
        }
        json.endArray(into: &scratch)
        json.endObject(into: &scratch)
        scratch.append("\n")
        answerScratch(200, .json, response: &response)
        scratch.removeAll(keeping: 1 << 16)
    }

    mutating func enterTopic(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        try Self.refuseOwn(name)
        let member = try memberName(request)
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .ttl), "unknown; presence takes ttl and key64")
        let ttl = try parameters.duration(.ttl)?.milliseconds ?? Self.leaseDefault
        guard Self.leases.contains(ttl) else { throw .bad(.ttl, "1s to 1h") }
        let meta = try readMeta(request)
        let lease = Lease(topic: name, member: member, meta: meta, timeToLive: ttl)
        hasPublished = true
        if api.hub.enter(lease, at: turn.now, own: loop) == .full {
            throw Problem(.memoryFull, "too many members are present; nothing was changed")
        }
        response.begin(204)
        response.finishWithoutBody()
    }

    /// What a member says of itself: any JSON value, kept as it was sent but for line ends.
    private func readMeta(_ request: borrowing Request) throws(Problem) -> [UInt8] {
        guard !request.body.isEmpty else { return [] }
        try requireJSON(request)
        guard request.body.count <= PubSubLimits.metaBytes else {
            throw .tooLarge("what a member says of itself is longer than the limit", limit: PubSubLimits.metaBytes)
        }
        do throws(JSONError) {
            var reader = JSONReader(request.body)
            try reader.skipValue()
            try reader.finish()
        } catch {
            throw .badRequest(error.reason.message)
        }
        // A line end in JSON stands between tokens only; in a stream it would end the line.
        return request.body.copied().map { $0 == ASCII.lineFeed || $0 == ASCII.carriageReturn ? ASCII.space : $0 }
    }

    mutating func leaveTopic(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        try Self.refuseOwn(name)
        let member = try memberName(request)
        try refuseAllButName(request)
        hasPublished = true
        guard api.hub.leave(name, member: member, at: turn.now, own: loop) == .left else {
            throw Problem(.notFound, "the member is not present")
        }
        response.begin(204)
        response.finishWithoutBody()
    }
}
