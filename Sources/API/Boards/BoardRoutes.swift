/// The rows of ``Routes`` for leaderboards.
enum BoardRoutes {
    private static let manage: Permissions = [.write, .manage]

    static let all: [Route] = [
        Route(
            id: .readBoard, label: "GET /v1/leaderboards/{b}", path: .board, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(
            id: .putBoard, label: "PUT /v1/leaderboards/{b}", path: .board, methods: .put, needs: manage,
            body: .control),
        Route(
            id: .deleteBoard, label: "DELETE /v1/leaderboards/{b}", path: .board, methods: .delete, needs: manage,
            body: .ignored),
        Route(
            id: .readBoardMember, label: "GET /v1/leaderboards/{b}/members/{m}", path: .boardMember,
            methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .submitBoardMember, label: "POST /v1/leaderboards/{b}/members/{m}", path: .boardMember, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .putBoardMember, label: "PUT /v1/leaderboards/{b}/members/{m}", path: .boardMember, methods: .put,
            needs: manage, body: .control),
        Route(
            id: .deleteBoardMember, label: "DELETE /v1/leaderboards/{b}/members/{m}", path: .boardMember,
            methods: .delete, needs: manage, body: .ignored),
        Route(
            id: .batchBoard, label: "POST /v1/leaderboards/{b}/batch", path: .boardBatch, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .readBoardRanking, label: "GET /v1/leaderboards/{b}/ranking", path: .boardRanking,
            methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .queryBoardRanking, label: "QUERY /v1/leaderboards/{b}/ranking", path: .boardRanking, methods: .query,
            needs: .read, body: .control),
        Route(
            id: .postQueryBoardRanking, label: "POST /v1/leaderboards/{b}/ranking/query", path: .boardRankingQuery,
            methods: .post, needs: .read, body: .control),
        Route(
            id: .readBoardStats, label: "GET /v1/leaderboards/{b}/stats", path: .boardStats, methods: [.get, .head],
            needs: .read, body: .ignored),
        Route(
            id: .closeBoard, label: "POST /v1/leaderboards/{b}/close", path: .boardClose, methods: .post,
            needs: manage, body: .control),
        Route(
            id: .listBoardSeasons, label: "GET /v1/leaderboards/{b}/seasons", path: .boardSeasons,
            methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .readBoardSeason, label: "GET /v1/leaderboards/{b}/seasons/{n}/ranking", path: .boardSeasonRanking,
            methods: [.get, .head], needs: .read, body: .ignored),
    ]
}
