import Bytes
import CacheModel
import Crypto
import HTTP1
import PubSub

/// `POST /v1/topics/{t}`: publishes an event.
extension Desk {
    /// What the server itself says in a stream.
    private static let reservedNames: [StaticString] = [
        "gap", "binary", "heartbeat", "join", "leave", "timeout", "auth-expired",
    ]

    mutating func publish(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        var topic = IOBuffer()
        swap(&topic, &key)
        topic.removeAll()
        defer {
            topic.removeAll(keeping: 1 << 14)
            swap(&topic, &key)
        }
        try readTopicName(request, into: &topic)
        try Self.refuseOwn(topic.readable)
        guard request.body.count <= PubSubLimits.payloadBytes else {
            throw .tooLarge("an event is longer than the limit", limit: PubSubLimits.payloadBytes)
        }
        if request.has(.contentEncoding) {
            throw Problem(
                .unsupportedMediaType, "an event is taken without a coding: readers get its bytes", .acceptIdentity)
        }
        let form = try controlForm(request)
        let parameters = try publishParameters(request)
        try checkFields(of: request, parameters)
        var publication = Publication(topic: topic.readable, payload: request.body)
        if let event = parameters[.event] { publication.event = event }
        if let key = parameters[.key] { publication.key = key }
        if let type = request.field(.contentType) { publication.type = type }
        publication.timeToLive = try parameters.duration(.ttl)?.milliseconds ?? 0
        publication.isRetained = try parameters.flag(.retain) ?? false
        publication.dedup = try Self.dedupKey(parameters, topic.readable)
        hasPublished = true
        switch api.hub.publish(publication, at: turn.now, own: loop) {
        case .full: throw Problem(.memoryFull, "too many last values or answers to dedup are kept; nothing was done")
        case .refused(let answer): throw Self.notKept(answer)
        case .done(let cursor, let receivers, _):
            showTopics()
            answerPublished(cursor, receivers, form, response: &response)
        }
    }

    private mutating func publishParameters(_ request: borrowing Request) throws(Problem) -> Parameters {
        guard hasQuery else { return Parameters() }
        return try parameters(
            request, allowing: ParameterSet(.key64, .event, .key, .dedup, .ttl, .retain),
            "unknown; publishing takes event, key, dedup, ttl, retain and key64")
    }

    /// What goes out on lines of its own must not begin another one.
    private func checkFields(
        of request: borrowing Request, _ parameters: borrowing Parameters
    ) throws(Problem) {
        if let type = request.field(.contentType) {
            guard type.count <= PubSubLimits.typeBytes, type.isValidUTF8, MediaType.parse(type) != nil else {
                throw .badRequest("Content-Type is a media type of at most 256 bytes")
            }
        }
        if let event = parameters[.event] {
            guard event.count <= PubSubLimits.eventNameBytes else { throw .bad(.event, "at most 256 bytes") }
            guard event.isValidUTF8, !Self.breaksLines(event) else {
                throw .bad(.event, "text in UTF-8 without CR, LF and NUL")
            }
            for name in Self.reservedNames where event.equals(name) { throw .bad(.event, "the name is the server's") }
        }
        if let key = parameters[.key] {
            guard key.count <= PubSubLimits.keyBytes else { throw .bad(.key, "at most 1024 bytes") }
            guard !Self.breaksLines(key) else { throw .bad(.key, "without CR, LF and NUL") }
        }
    }

    private static func breaksLines(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            let byte = text[index]
            if byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == 0 { return true }
        }
        return false
    }

    /// The digest of topic and `dedup`; the topic goes in with its length, so that no two pairs read alike.
    private static func dedupKey(
        _ parameters: borrowing Parameters, _ topic: Span<UInt8>
    ) throws(Problem) -> DedupKey? {
        guard let dedup = parameters[.dedup] else { return nil }
        guard dedup.count >= 1 && dedup.count <= PubSubLimits.dedupBytes else { throw .bad(.dedup, "1 to 256 bytes") }
        var message = IOBuffer()
        message.append(decimal: topic.count)
        message.append(":")
        message.append(topic)
        message.append(dedup)
        let digest = SHA256.digest(message.readable)
        return DedupKey(high: digest.words[0], low: digest.words[1])
    }

    private mutating func answerPublished(
        _ cursor: Cursor, _ receivers: Int, _ form: ControlForm, response: inout ResponseWriter
    ) {
        scratch.removeAll()
        if form == .json { scratch.append("{\"id\":\"") }
        cursor.append(to: &scratch)
        if form == .json {
            scratch.append("\",\"receivers\":")
            scratch.append(decimal: receivers)
            scratch.append("}")
        }
        scratch.append("\n")
        response.begin(200)
        response.fields(form == .json ? Surface.json : Surface.text)
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }
}
