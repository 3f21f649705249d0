import Bytes
import CacheModel
import HTTP1
import JSON
import PubSub

/// `PUT`, `GET`, `DELETE /v1/topics/{t}`, its last value and its history.
extension Desk {
    mutating func declareTopic(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        try Self.refuseOwn(name)
        try refuseAllButName(request)
        if !request.body.isEmpty { try requireJSON(request) }
        let settings = try HistoryText.read(request.body)
        switch api.hub.declare(name, settings, at: turn.now) {
        case .created:
            response.begin(201)
            response.finish(length: 0)
        case .changed:
            response.begin(204)
            response.finishWithoutBody()
        case .full: throw Problem(.memoryFull, "too many topics are declared; nothing was changed")
        case .refused(let answer): throw Self.notKept(answer)
        }
        showTopics()
    }

    /// What the answer shows of topics that are kept must be in the log before it leaves.
    mutating func showTopics() {
        if gate != nil { reply.reveal(api.hub.keptPosition) }
    }

    static func notKept(_ answer: KeepingAnswer) -> Problem {
        switch answer {
        case .kept: preconditionFailure("a change was refused that was made")
        case .noRoom: Problem(.memoryFull, "memory is full: nothing was done")
        case .diskFull: .diskFull
        case .stalled: .logStalled
        case .failed: .logFailed
        }
    }

    mutating func refuseAllButName(_ request: borrowing Request) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "this path takes no parameters but key64")
    }

    static var noSuchTopic: Problem {
        Problem(.notFound, "nobody declared, published to or listens to this topic")
    }

    mutating func readTopic(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        try refuseAllButName(request)
        try requireJSONForm(request, "a topic is application/json")
        guard let info = api.hub.info(name, at: turn.now) else { throw Self.noSuchTopic }
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        let bytes = name.bytes
        json.member("topic", orBase64: "topic64", bytes: bytes.span, into: &scratch)
        json.name("history", into: &scratch)
        if let settings = info.settings {
            HistoryText.append(settings, json: &json, into: &scratch)
        } else {
            json.null(into: &scratch)
        }
        json.member("events", integer: info.events, into: &scratch)
        json.member("bytes", integer: info.bytes, into: &scratch)
        EventWriter.appendCursor("first", info.first, json: &json, into: &scratch)
        EventWriter.appendCursor("last", info.last, json: &json, into: &scratch)
        json.member("retained", bool: info.hasLastValue, into: &scratch)
        json.member("subscribers", integer: info.subscribers, into: &scratch)
        json.member("members", integer: info.members, into: &scratch)
        json.endObject(into: &scratch)
        scratch.append("\n")
        answerScratch(200, .json, response: &response)
    }

    func requireJSONForm(_ request: borrowing Request, _ detail: StaticString) throws(Problem) {
        let offers: InlineArray<1, MediaOffer> = [.json]
        guard best(of: offers, request) != nil else { throw Problem(.notAcceptable, detail) }
    }

    mutating func removeTopic(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        try Self.refuseOwn(name)
        try refuseAllButName(request)
        guard api.hub.remove(name, at: turn.now) else { throw Problem(.notFound, "nothing of this topic is kept") }
        showTopics()
        response.begin(204)
        response.finishWithoutBody()
    }

    /// The last value as it was sent.
    mutating func readLast(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        try refuseAllButName(request)
        guard let event = api.hub.retained(name, at: turn.now) else {
            throw Problem(.notFound, "the topic has no last value: publish with retain=true")
        }
        showTopics()
        response.begin(200)
        let bytes = event.bytes
        if event.type.isEmpty {
            response.fields("Content-Type: application/octet-stream\r\n")
        } else {
            response.field("Content-Type", bytes.span.extracting(event.type))
        }
        response.fields(Surface.shielded)
        response.beginField("Nuthatch-Cursor")
        event.cursor.append(to: &response.buffer)
        response.endField()
        response.fields("Cache-Control: no-cache\r\n")
        response.finish(length: event.payload.count)
        response.body(bytes, event.payload)
    }

    /// A page of the history, gaps included.
    mutating func readHistory(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let name = try topicName(request)
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .since, .last), "unknown; a history takes since, last and key64")
        let offers: InlineArray<2, MediaOffer> = [.json, .ndjson]
        guard let form = best(of: offers, request) else {
            throw Problem(.notAcceptable, "a history is application/json or application/x-ndjson")
        }
        var wish = HistoryWish()
        if let last = try parameters.number(.last, in: 1...1000, "1 to 1000 events") {
            guard !parameters.has(.since) else { throw .bad(.last, "given beside since") }
            wish.start = .last(Int(last))
        }
        if let since = parameters[.since] { wish.start = try EventsWish.start(since) }
        guard let page = api.hub.history(name, wish, at: turn.now) else { throw Self.noSuchTopic }
        showTopics()
        append(page, asLines: form == 1)
        response.begin(200)
        response.fields(form == 1 ? Surface.ndjson : Surface.json)
        response.fields("Cache-Control: no-cache\r\nVary: Accept\r\n")
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    private mutating func append(_ page: HistoryPage, asLines: Bool) {
        let form = asLines ? EventForm.lines : .elements
        scratch.removeAll()
        if !asLines { scratch.append("{\"items\":[") }
        if let gap = page.gap { EventWriter.append(gap, form, into: &scratch) }
        var isFirst = page.gap == nil
        for event in page.events {
            if !asLines && !isFirst { scratch.append(",") }
            isFirst = false
            EventWriter.append(event, form, skipped: 0, into: &scratch)
        }
        if asLines { return }
        scratch.append("],\"next\":")
        if page.hasMore, let last = page.events.last {
            scratch.append("\"")
            last.cursor.append(to: &scratch)
            scratch.append("\"}\n")
        } else {
            scratch.append("null}\n")
        }
    }
}
