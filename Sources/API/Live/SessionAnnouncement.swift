import Bytes
import CacheModel
import JSON
import PubSub

/// `$sessions`: what became of a session, by its handle. Never its id, and nothing of its data.
package enum SessionAnnouncement {
    private static let topic = Array("$sessions".utf8)

    package static func publish(_ event: SessionEvent, to hub: Hub, at now: Instant, own: Int) {
        var key = IOBuffer()
        event.handle.append(text: &key)
        var payload = IOBuffer()
        var json = JSONWriter()
        json.beginObject(into: &payload)
        SessionJSON.handle(event.handle, json: &json, into: &payload)
        if case .ended(let end) = event.what { json.member("reason", string: end.word, into: &payload) }
        json.endObject(into: &payload)
        let news = OwnNews(
            topic: topic.span, key: key.readable, event: name(of: event.what), payload: payload.readable,
            position: .none)
        hub.announce(news, at: now, own: own)
    }

    private static func name(of what: SessionEvent.What) -> OwnNews.Event {
        switch what {
        case .created: .created
        case .rotated, .ended(.rotated): .rotated
        case .ended(.expired): .expired
        case .ended: .revoked
        }
    }
}
