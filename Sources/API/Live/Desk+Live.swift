import Bytes
import CacheModel
import JSON
import PubSub

/// News of counters and leaderboards for those who listen to `$counters/…` and `$boards/…`.
extension Desk {
    /// At most one event of a counter in so many milliseconds, and of a member of a leaderboard.
    private static let counterInterval: Int64 = 100
    private static let memberInterval: Int64 = 1000
    /// A change among so many places is news of the leaderboard itself.
    private static let top = 10
    /// So many of those who were passed are told.
    private static let mostPassed = 100

    // MARK: Counters

    /// `$counters/{c}`: what the counter is now.
    mutating func tellCounter(_ name: Span<UInt8>, _ value: Int64, _ turn: Turn) {
        guard api.hub.hasOwnListeners else { return }
        var topic = IOBuffer()
        topic.append("$counters/")
        topic.append(name)
        var payload = IOBuffer()
        var json = JSONWriter()
        json.beginObject(into: &payload)
        json.member("counter", orBase64: "counter64", bytes: name, into: &payload)
        json.member("value", integer: value, into: &payload)
        json.endObject(into: &payload)
        tell(topic, key: name, .value, payload, reply.written, every: Self.counterInterval, turn)
    }

    // MARK: Leaderboards

    /// `$boards/{b}` and `$boards/{b}/members/{m}`: the reply holds what a submission did.
    mutating func tellSubmission(of member: Span<UInt8>, to board: Span<UInt8>, _ turn: Turn) {
        guard api.hub.hasOwnListeners, reply.board.changed, let standing = reply.board.windows.first else { return }
        let (rank, before, position) = (standing.rank, reply.board.previousRank, reply.written)
        let isTop = (1...Self.top).contains(rank) || (1...Self.top).contains(before)
        var topic = IOBuffer()
        topic.append("$boards/")
        topic.append(board)
        let payload = rankNews(member, standing, before: before, by: Span())
        if isTop { tell(topic, key: member, .top, payload, position, every: Self.memberInterval, turn) }
        guard rank > 0, before == 0 || rank < before else { return }
        topic.append("/members/")
        let base = topic.count
        topic.append(member)
        tell(topic, key: member, .passed, payload, position, every: Self.memberInterval, turn)
        topic.truncate(to: base)
        tellPassed(by: member, rank, before, on: board, topic, position, turn)
    }

    /// Those who stand behind the member now and did not before, the nearest first.
    private mutating func tellPassed(
        by member: Span<UInt8>, _ rank: Int, _ before: Int, on board: Span<UInt8>, _ prefix: borrowing IOBuffer,
        _ position: Position, _ turn: Turn
    ) {
        let most = before == 0 ? Self.mostPassed : min(Self.mostPassed, before - rank)
        var passed = Reply()
        let view = BoardView(window: nil, group: Span(), value: Span(), season: nil)
        let request = BoardMemberRequest(view: view, member: member, style: .competition, around: most)
        _ = engine.execute(
            .board(BoardCommand(board: board, action: .member(request))), at: turn.now, ticket: turn.ticket,
            reply: &passed)
        guard passed.board.outcome == .done, passed.board.focus < passed.board.rows.count else { return }
        for index in passed.board.rows.indices where index > passed.board.focus {
            let row = passed.board.rows[index]
            guard before == 0 || row.rank <= before else { return }
            let standing = BoardWindowStanding(
                window: .all, scores: row.scores, rank: row.rank, of: passed.board.of)
            let name = passed.board.bytes.readable.extracting(row.member)
            var topic = IOBuffer()
            topic.append(prefix.readable)
            topic.append(name)
            let payload = rankNews(name, standing, before: row.rank - 1, by: member)
            tell(topic, key: name, .wasPassed, payload, position, every: Self.memberInterval, turn)
        }
    }

    private func rankNews(
        _ member: Span<UInt8>, _ standing: BoardWindowStanding, before: Int, by passer: Span<UInt8>
    ) -> IOBuffer {
        var payload = IOBuffer()
        var json = JSONWriter()
        json.beginObject(into: &payload)
        json.member("member", orBase64: "member64", bytes: member, into: &payload)
        BoardJSON().member("score", standing.scores, json: &json, into: &payload)
        BoardJSON.member("rank", rank: standing.rank, json: &json, into: &payload)
        BoardJSON.member("previous_rank", rank: before, json: &json, into: &payload)
        json.member("of", integer: standing.of, into: &payload)
        if !passer.isEmpty { json.member("by", orBase64: "by64", bytes: passer, into: &payload) }
        json.endObject(into: &payload)
        return payload
    }

    private mutating func tell(
        _ topic: borrowing IOBuffer, key: Span<UInt8>, _ event: OwnNews.Event, _ payload: borrowing IOBuffer,
        _ position: Position, every interval: Int64, _ turn: Turn
    ) {
        hasPublished = true
        let news = OwnNews(
            topic: topic.readable, key: key, event: event, payload: payload.readable, position: position)
        api.hub.tell(news, every: interval, at: turn.now, own: loop)
    }
}
