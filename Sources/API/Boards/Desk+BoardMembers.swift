import Bytes
import CacheModel
import HTTP1
import JSON

/// `/v1/leaderboards/{b}/members/{m}`
extension Desk {
    mutating func submitBoardMember(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int), "unknown; POST takes int and key64")
        let form = try Self.boardForm(parameters)
        try checkJSON(request)
        try checkJSONBody(request)
        try submit(path, request, form, isExact: false, turn)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        form.append(reply.board, json: &json, into: &scratch)
        json.endObject(into: &scratch)
        answerBoard(200, response: &response)
    }

    mutating func putBoardMember(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int), "unknown; PUT takes int and key64")
        let form = try Self.boardForm(parameters)
        try checkJSONBody(request)
        try submit(path, request, form, isExact: true, turn)
        response.begin(204)
        response.finishWithoutBody()
    }

    private mutating func submit(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ form: BoardJSON, isExact: Bool, _ turn: Turn
    ) throws(Problem) {
        var text = BoardSubmissionText()
        try BoardSubmissionReader.read(
            request.body, isLine: false, allowsText: form.quotesScores, into: &text, noted: &noted)
        try submit(text, path.member.readable, to: path.board.readable, isExact: isExact, turn)
    }

    /// Runs a submission that was read.
    mutating func submit(
        _ text: borrowing BoardSubmissionText, _ member: Span<UInt8>, to board: Span<UInt8>, isExact: Bool, _ turn: Turn
    ) throws(Problem) {
        let submission = BoardSubmission(
            member: member, scores: text.scores ?? BoardScores(0), meta: text.meta.readable,
            groups: text.groups.span, groupBytes: text.groupBytes.readable, season: text.season, isExact: isExact)
        try execute(.submit(submission), on: board, turn)
        tellSubmission(of: member, to: board, turn)
    }

    mutating func deleteBoardMember(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; DELETE takes key64")
        try execute(.withdraw(member: path.member.readable), on: path.board.readable, turn)
        response.begin(204)
        response.finishWithoutBody()
    }

    mutating func readBoardMember(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int, .around, .window, .group, .rank),
            "unknown; GET takes around, window, group, rank, int and key64")
        let wish = try BoardViewWish(parameters)
        let around = try parameters.number(.around, in: 0...500, "0 to 500 neighbours on each side")
        let form = try Self.boardForm(parameters)
        try checkJSON(request)
        let view = wish.view(season: nil)
        try execute(
            .member(
                BoardMemberRequest(
                    view: view, member: path.member.readable, style: wish.style, around: Int(around ?? 0))),
            on: path.board.readable, turn)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        appendRow(reply.board.focus, form, json: &json)
        if around != nil {
            json.name("neighbours", into: &scratch)
            json.beginArray(into: &scratch)
            for index in reply.board.rows.indices {
                json.beginObject(into: &scratch)
                appendRow(index, form, json: &json)
                json.endObject(into: &scratch)
            }
            json.endArray(into: &scratch)
        }
        json.endObject(into: &scratch)
        answerBoard(200, response: &response)
    }

    /// One of the reply's rows, with the rewards of a closed season.
    mutating func appendRow(_ index: Int, _ form: BoardJSON, json: inout JSONWriter) {
        form.append(
            reply.board.rows[index], of: reply.board, json: &json, into: &scratch)
    }
}

/// Which ranking a request asks for, and how it wants ranks.
struct BoardViewWish: ~Copyable {
    private var window: BoardWindow?
    private var group = IOBuffer()
    private var value = IOBuffer()
    private(set) var style = BoardRankStyle.competition

    /// The main window, ranked with gaps.
    init() {}

    init(_ parameters: borrowing Parameters) throws(Problem) {
        if let text = parameters[.window] {
            window = BoardWindow(text: text)
            if window == nil { throw .bad(.window, "all, day, week or rolling:Nd with N from 1 to 366") }
        }
        if let text = parameters[.group] {
            guard let colon = text.firstIndex(of: UInt8(ascii: ":"), from: 0), colon > 0, colon + 1 < text.count else {
                throw .bad(.group, "a group and its value, as in country:DE")
            }
            group.append(text.extracting(0..<colon))
            value.append(text.extracting((colon + 1)..<text.count))
        }
        if let text = parameters[.rank] {
            if text.equals("dense") {
                style = .dense
            } else if text.equals("ordinal") {
                style = .ordinal
            } else if !text.equals("competition") {
                throw .bad(.rank, "competition, dense or ordinal")
            }
        }
    }

    @_lifetime(borrow self)
    func view(season: Int?) -> BoardView {
        BoardView(window: window, group: group.readable, value: value.readable, season: season)
    }
}
