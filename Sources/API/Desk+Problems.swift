import Bytes
import HTTP1

extension Desk {
    /// The problem that the engine's answer is.
    func refusal() -> Problem { Problem(reply, limits: api.settings.limits) ?? .unavailable }

    /// Writes a problem in the form the client likes.
    mutating func answer(_ problem: Problem, to request: borrowing Request, response: inout ResponseWriter) {
        write(problem, asText: ProblemForm.isText(request), response: &response)
    }

    /// Answers bytes in which no head could be made out.
    mutating func refuse(_ failure: HTTPFailure, response: inout ResponseWriter) {
        route = Routes.all[0]
        write(Problem(failure), asText: false, response: &response)
    }

    mutating func write(_ problem: Problem, asText: Bool, response: inout ResponseWriter) {
        problem.answer(
            asText: asText, mayBeStored: !SessionPath.isPrivate(route.path), noted: noted, scratch: &scratch,
            response: &response)
        noted.removeAll(keeping: 1 << 16)
    }
}

/// Whether a client prefers its errors as a line of text.
enum ProblemForm {
    /// JSON wherever the client takes any JSON: it is refused nothing for lacking a form.
    static func isText(_ request: borrowing Request) -> Bool {
        let offers: InlineArray<3, MediaOffer> = [.problem, .json, .text]
        var accept = Accept(offers: 3)
        var index = -1
        while let next = request.nextLine(of: .accept, after: index) {
            index = next
            accept.read(request.line(next), offers)
        }
        return accept.best == 2
    }
}
