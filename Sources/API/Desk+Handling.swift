import Bytes
import CacheModel
import HTTP1

extension Desk {
    /// Answers an admitted request: one case a row of ``Routes``.
    mutating func handle(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) -> Disposition {
        if case .drained = turn.resumption { return resume(request, turn, response: &response) }
        do throws(Problem) {
            if let waiting = try admitChange(request, turn, response: &response) { return waiting }
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
            if route.mayChange, request.has(.nuthatchAck) { try readAcknowledgement(request) }
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
        case .listSnapshots: try listSnapshots(request, response: &response)
        case .makeSnapshot: try makeSnapshot(request, response: &response)
        case .getSnapshot: return try getSnapshot(request, turn, response: &response)
        case .verifySnapshot: try verifySnapshot(request, response: &response)
        case .publish: try publish(request, turn, response: &response)
        case .declareTopic: try declareTopic(request, turn, response: &response)
        case .readTopic: try readTopic(request, turn, response: &response)
        case .removeTopic: try removeTopic(request, turn, response: &response)
        case .readLast: try readLast(request, turn, response: &response)
        case .readHistory: try readHistory(request, turn, response: &response)
        case .readPresence: try readPresence(request, turn, response: &response)
        case .enterTopic: try enterTopic(request, turn, response: &response)
        case .leaveTopic: try leaveTopic(request, turn, response: &response)
        case .events, .queryEvents, .postQueryEvents: return try openEvents(request, turn, response: &response)
        case .eventsTicket: try issueTicket(request, turn, response: &response)
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
        case .createSession, .listSessions, .readOwnSession, .patchOwnSession, .endOwnSession, .putSessionData,
            .touchSession, .rotateSession, .readSession, .revokeSession, .listUserSessions, .revokeUserSessions:
            try sessions(request, turn, response: &response)
        case .none: preconditionFailure("a request was handled that was not admitted")
        }
        return .responded
    }
}
