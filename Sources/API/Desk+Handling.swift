import Bytes
import CacheModel
import HTTP1

extension Desk {
    /// Answers an admitted request: one case a row of ``Routes``.
    mutating func handle(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) -> Disposition {
        reply.horizon = .none
        if case .drained = turn.resumption { return resume(request, turn, response: &response) }
        do throws(Problem) {
            return try dispatch(request, turn, response: &response)
        } catch {
            answer(error, to: request, response: &response)
            return .responded
        }
    }

    /// Goes on with a streaming answer. The request is judged again, for its token may have been revoked; a refusal can
    /// no longer be told, so the answer ends without its last chunk and the client sees the cut (RFC 9112 §8).
    private mutating func resume(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) -> Disposition {
        do throws(Problem) {
            try judge(request)
            return try dispatch(request, turn, response: &response)
        } catch {
            response.closeAfterwards()
            return .responded
        }
    }

    private mutating func dispatch(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        switch route.id {
        case .readKey, .putKey, .deleteKey, .changeKey: return try key(request, turn, response: &response)
        case .options: try answerOptions(request, response: &response)
        case .index: try answerIndex(request, response: &response)
        case .healthz: try answerHealth(request, response: &response)
        case .readyz: try answerReadiness(request, response: &response)
        case .metrics: try answerMetrics(request, response: &response)
        case .openAPI: try answerOpenAPI(request, response: &response)
        case .listKeys: try listKeys(request, turn, response: &response)
        case .queryKeys, .postQueryKeys: return try queryKeys(request, turn, response: &response)
        case .batchKeys: return try batchKeys(request, turn, response: &response)
        case .addCounter, .readCounter, .setCounter, .deleteCounter, .resetCounter, .readCounterSettings,
            .putCounterSettings, .counterSeries, .counterUniques, .counterTop:
            try counter(request, turn, response: &response)
        case .batchCounters: return try batchCounters(request, turn, response: &response)
        case .putPolicy, .readPolicy, .deletePolicy: try limitPolicy(request, turn, response: &response)
        case .askLimit, .readLimit, .forgetLimit, .blockLimit, .penalizeLimit, .rewardLimit, .putOverride,
            .deleteOverride, .renewLease, .releaseLease:
            return try limit(request, turn, response: &response)
        case .checkLimits: try checkLimits(request, turn, response: &response)
        case .batchLimits: return try batchLimits(request, turn, response: &response)
        case .commitLimits, .refundLimits: try settleLimits(request, turn, response: &response)
        case .readBoard, .putBoard, .deleteBoard, .readBoardMember, .submitBoardMember, .putBoardMember,
            .deleteBoardMember, .batchBoard, .readBoardRanking, .queryBoardRanking, .postQueryBoardRanking,
            .readBoardStats, .closeBoard, .listBoardSeasons, .readBoardSeason:
            return try board(request, turn, response: &response)
        case .none: preconditionFailure("a request was handled that was not admitted")
        }
        return .responded
    }
}
