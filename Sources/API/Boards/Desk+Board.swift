import Bytes
import CacheModel
import HTTP1
import JSON

/// `/v1/leaderboards/{b}`: finds out the names, then goes by route.
extension Desk {
    mutating func board(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let path = try boardPath(request)
        if let needs = route.needs, !principal.mayUse(path.board.readable, needs) {
            throw .forbidden(principal.permissions.missing(from: needs))
        }
        switch route.id {
        case .putBoard: try putBoard(path, request, turn, response: &response)
        case .deleteBoard: try deleteBoard(path, request, turn, response: &response)
        case .readBoardMember: try readBoardMember(path, request, turn, response: &response)
        case .submitBoardMember: try submitBoardMember(path, request, turn, response: &response)
        case .putBoardMember: try putBoardMember(path, request, turn, response: &response)
        case .deleteBoardMember: try deleteBoardMember(path, request, turn, response: &response)
        case .batchBoard: return try batchBoard(path, request, turn, response: &response)
        case .readBoardRanking, .readBoardSeason:
            return try readBoardRanking(path, request, turn, response: &response)
        case .queryBoardRanking, .postQueryBoardRanking:
            try queryBoardRanking(path, request, turn, response: &response)
        case .readBoardStats: try readBoardStats(path, request, turn, response: &response)
        case .closeBoard: try closeBoard(path, request, turn, response: &response)
        case .listBoardSeasons: try listBoardSeasons(path, request, turn, response: &response)
        default: try readBoard(path, request, turn, response: &response)
        }
        return .responded
    }

    private func boardPath(_ request: borrowing Request) throws(Problem) -> BoardPath {
        let bytes = request.path
        guard let query = request.query, let encoded = Self.rawValue(of: .key64, in: query) else {
            return try BoardPath(bytes, key64: nil)
        }
        var text = IOBuffer()
        guard PercentCoding.decode(encoded, plusIsSpace: false, into: &text) else {
            throw .bad(.key64, "a name in base64url, with - and _, padding optional")
        }
        return try BoardPath(bytes, key64: text.readable)
    }

    /// Runs an action on a board, and throws what the engine refused.
    mutating func execute(
        _ action: consuming BoardAction, on board: Span<UInt8>, _ turn: Turn
    ) throws(Problem) {
        try execute(.board(BoardCommand(board: board, action: action)), turn)
        guard let problem = Problem(reply.board.outcome, previous: reply.board.previous) else { return }
        noted.removeAll()
        if case .notedPointer = problem.members { noted.append("/score") }
        throw problem
    }

    /// The answer can be JSON only.
    func checkJSON(_ request: borrowing Request) throws(Problem) {
        let offers: InlineArray<1, MediaOffer> = [.json]
        guard best(of: offers, request) != nil else {
            throw Problem(.notAcceptable, "the answer is application/json")
        }
    }

    /// A body of JSON, where one may be left out.
    func checkJSONBody(_ request: borrowing Request) throws(Problem) {
        if request.has(.contentEncoding) {
            throw Problem(.unsupportedMediaType, "a body of JSON is sent without Content-Encoding", .acceptIdentity)
        }
        guard !request.body.isEmpty, let field = request.field(.contentType) else { return }
        guard let type = MediaType.parse(field), type.is("application", "json") else {
            throw Problem(.unsupportedMediaType, "the body is application/json")
        }
    }

    /// Whether integers are to be strings: `?int=string`.
    static func boardForm(_ parameters: borrowing Parameters) throws(Problem) -> BoardJSON {
        guard let text = parameters[.int] else { return BoardJSON() }
        guard text.equals("string") || text.equals("number") else { throw .bad(.int, "string or number") }
        return BoardJSON(quotesScores: text.equals("string"))
    }

    /// Sends what `scratch` holds as JSON.
    mutating func answerBoard(_ status: Int, response: inout ResponseWriter) {
        scratch.append("\n")
        response.begin(status)
        response.fields(Surface.json)
        response.fields("Cache-Control: no-cache\r\n")
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    // MARK: The board itself

    private mutating func putBoard(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; PUT takes key64")
        try checkJSONBody(request)
        let settings = try BoardSettingsReader.read(
            request.body, readZone: api.settings.readZone, noted: &noted)
        try execute(.define(settings), on: path.board.readable, turn)
        response.begin(reply.board.outcome == .created ? 201 : 204)
        writeTag(EntryTag(reply.written), response: &response)
        if reply.board.outcome == .created {
            response.finish(length: 0)
        } else {
            response.finishWithoutBody()
        }
    }

    private mutating func deleteBoard(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; DELETE takes key64")
        try execute(.remove, on: path.board.readable, turn)
        response.begin(204)
        response.finishWithoutBody()
    }

    private mutating func readBoard(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int), "unknown; GET takes int and key64")
        let form = try Self.boardForm(parameters)
        try checkJSON(request)
        try execute(.describe, on: path.board.readable, turn)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        form.append(reply.board.settings, json: &json, into: &scratch)
        json.member("members", integer: reply.board.members, into: &scratch)
        if let season = reply.board.seasons.first {
            json.member("season", integer: season.number, into: &scratch)
            BoardJSON.instant("season_started_at", season.startedAt, json: &json, into: &scratch)
        }
        BoardJSON.instant("resets_at", reply.board.resetAt, json: &json, into: &scratch)
        LineAnswer.tag(reply.board.settingsPosition, json: &json, into: &scratch)
        json.endObject(into: &scratch)
        answerBoard(200, response: &response)
    }
}
