import Bytes
import CacheModel
import HTTP1

extension Desk {
    /// Answers an admitted request: one case a row of ``Routes``.
    mutating func handle(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) -> Disposition {
        do throws(Problem) {
            return try dispatch(request, turn, response: &response)
        } catch {
            answer(error, head: request.head, bytes: request.bytes, response: &response)
            return .responded
        }
    }

    private mutating func dispatch(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        switch route.id {
        case .readKey, .putKey, .deleteKey, .changeKey: return try key(request, turn, response: &response)
        default: preconditionFailure("a request was handled that was not admitted")
        }
    }
}
