import Bytes
import CacheModel
import HTTP1
import JSON

/// What is asked of a board beside its pages, and the closing of seasons.
extension Desk {
    // MARK: Some members

    mutating func queryBoardRanking(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int, .window, .group, .rank),
            "unknown; a query takes window, group, rank, int and key64")
        let wish = try BoardViewWish(parameters)
        let form = try Self.boardForm(parameters)
        try checkJSON(request)
        guard !request.has(.contentEncoding), let field = request.field(.contentType),
            let type = MediaType.parse(field), type.is("application", "json")
        else { throw Problem(.unsupportedMediaType, "a query is application/json", .acceptJSONQuery) }
        var members: [ByteSlice] = []
        var names = IOBuffer()
        try readMembers(request.body, into: &members, &names)
        let view = wish.view(season: nil)
        try execute(
            .compare(
                BoardComparison(view: view, style: wish.style, members: members.span, bytes: names.readable)),
            on: path.board.readable, turn)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.name("items", into: &scratch)
        json.beginArray(into: &scratch)
        for index in reply.board.rows.indices {
            json.beginObject(into: &scratch)
            appendRow(index, form, json: &json)
            json.endObject(into: &scratch)
        }
        json.endArray(into: &scratch)
        json.member("of", integer: reply.board.of, into: &scratch)
        json.endObject(into: &scratch)
        answerBoard(200, response: &response)
    }

    /// `{"members":["bob","eve"]}`, or objects with `member64` in the array.
    private mutating func readMembers(
        _ body: Span<UInt8>, into members: inout [ByteSlice], _ names: inout IOBuffer
    ) throws(Problem) {
        var problem: Problem?
        do throws(JSONError) {
            var json = JSONReader(body)
            if try json.kind() != .object { problem = Self.badQuery }
            if problem == nil { problem = try Self.readMembers(&json, &members, &names) } else { try json.skipValue() }
            try json.finish()
        } catch {
            noted.removeAll()
            JSONPointer.append(placeOf: error.offset, in: body, into: &noted)
            if noted.count > 256 || !noted.readable.isValidUTF8 { noted.removeAll() }
            throw Problem(.badRequest, error.reason.message, .notedPointer)
        }
        if let problem { throw problem }
        if members.isEmpty { throw Self.badQuery }
    }

    private static var badQuery: Problem {
        Problem(.unprocessable, "a query is an object with members: an array of 1 to 10000 names")
    }

    private static func readMembers(
        _ json: inout JSONReader, _ members: inout [ByteSlice], _ names: inout IOBuffer
    ) throws(JSONError) -> Problem? {
        var problem: Problem?
        try json.beginObject()
        while let name = try json.nextMember() {
            guard json.matches(name, "members"), try json.kind() == .array else {
                try json.skipValue()
                problem = badQuery
                continue
            }
            try json.beginArray()
            while try json.nextElement() {
                guard try json.kind() == .string, members.count < BulkLimits.lines else {
                    try json.skipValue()
                    problem = badQuery
                    continue
                }
                let start = names.count
                json.append(try json.string(), into: &names)
                let slice = ByteSlice(start: start, count: names.count - start)
                if slice.isEmpty || Int(slice.count) > Limits.keyBytes { problem = badQuery }
                members.append(slice)
            }
        }
        return problem
    }

    // MARK: Figures

    mutating func readBoardStats(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int, .window, .group, .buckets),
            "unknown; stats take buckets, window, group, int and key64")
        let wish = try BoardViewWish(parameters)
        let buckets = try parameters.number(.buckets, in: 1...1000, "1 to 1000")
        let form = try Self.boardForm(parameters)
        try checkJSON(request)
        let view = wish.view(season: nil)
        try execute(.histogram(view, buckets: Int(buckets ?? 20)), on: path.board.readable, turn)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.member("count", integer: reply.board.of, into: &scratch)
        form.integer("min", reply.board.buckets.first?.from, json: &json, into: &scratch)
        form.integer("max", reply.board.buckets.last?.through, json: &json, into: &scratch)
        json.name("buckets", into: &scratch)
        json.beginArray(into: &scratch)
        for bucket in reply.board.buckets {
            json.beginObject(into: &scratch)
            form.integer("from", bucket.from, json: &json, into: &scratch)
            form.integer("through", bucket.through, json: &json, into: &scratch)
            json.member("count", integer: bucket.count, into: &scratch)
            json.endObject(into: &scratch)
        }
        json.endArray(into: &scratch)
        json.endObject(into: &scratch)
        answerBoard(200, response: &response)
    }

    // MARK: Seasons

    mutating func closeBoard(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; close takes key64")
        try checkJSON(request)
        try checkJSONBody(request)
        let rewards = try BoardRewardsReader.read(request.body, noted: &noted)
        try execute(.close(rewards), on: path.board.readable, turn)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.member("season", integer: reply.board.seasonNumber, into: &scratch)
        json.endObject(into: &scratch)
        answerBoard(201, response: &response)
    }

    mutating func listBoardSeasons(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; seasons take key64")
        try checkJSON(request)
        try execute(.seasons, on: path.board.readable, turn)
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.name("items", into: &scratch)
        json.beginArray(into: &scratch)
        for season in reply.board.seasons {
            json.beginObject(into: &scratch)
            BoardJSON.append(season, json: &json, into: &scratch)
            json.endObject(into: &scratch)
        }
        json.endArray(into: &scratch)
        json.memberNull("next", into: &scratch)
        json.endObject(into: &scratch)
        answerBoard(200, response: &response)
    }
}

/// Reads `{"rewards":[{"top":10},{"percentile":99}]}`.
enum BoardRewardsReader {
    private static let most = 64

    static func read(_ body: Span<UInt8>, noted: inout IOBuffer) throws(Problem) -> [BoardReward] {
        if body.isEmpty { return [] }
        var rewards: [BoardReward] = []
        var fits = true
        noted.removeAll()
        do throws(JSONError) {
            var json = JSONReader(body)
            try json.beginObject()
            while let name = try json.nextMember() {
                guard json.matches(name, "rewards"), try json.kind() == .array else {
                    try json.skipValue()
                    fits = false
                    continue
                }
                try json.beginArray()
                while try json.nextElement() {
                    let reward = try reward(&json)
                    fits = fits && reward != nil && rewards.count < most
                    if let reward, fits { rewards.append(reward) }
                }
            }
            try json.finish()
        } catch {
            JSONPointer.append(placeOf: error.offset, in: body, into: &noted)
            if noted.count > 256 || !noted.readable.isValidUTF8 { noted.removeAll() }
            throw Problem(.badRequest, error.reason.message, .notedPointer)
        }
        if !fits {
            noted.append("/rewards")
            throw Problem(
                .unprocessable, "at most 64 rewards, each with top from 1 or with percentile from 0 to 100",
                .notedPointer)
        }
        return rewards
    }

    /// Nil for an element that is no reward, which is then read over.
    private static func reward(_ json: inout JSONReader) throws(JSONError) -> BoardReward? {
        guard try json.kind() == .object else {
            try json.skipValue()
            return nil
        }
        var reward: BoardReward?
        var members = 0
        try json.beginObject()
        while let name = try json.nextMember() {
            members += 1
            let isTop = json.matches(name, "top")
            guard isTop || json.matches(name, "percentile"), try json.kind() == .number else {
                try json.skipValue()
                continue
            }
            let value = try json.integer()
            if isTop, (1...Int64(UInt32.max)).contains(value) { reward = .top(Int(value)) }
            if !isTop, (0...100).contains(value) { reward = .percentile(Int(value)) }
        }
        return members == 1 ? reward : nil
    }
}
