import Bytes
import HTTP1

extension Desk {
    /// The problem that the engine's answer is.
    func refusal() -> Problem { Problem(reply, limits: api.settings.limits) ?? .unavailable }

    /// Writes a problem in the form the client likes.
    mutating func answer(
        _ problem: Problem, head: RequestHead?, bytes: Span<UInt8>, response: inout ResponseWriter
    ) {
        let asText = head.map { ProblemForm.isText($0, bytes) } ?? false
        problem.answer(asText: asText, noted: noted, scratch: &scratch, response: &response)
        noted.removeAll(keeping: 1 << 16)
    }

    mutating func refuse(
        _ failure: HTTPFailure, head: RequestHead?, bytes: Span<UInt8>, response: inout ResponseWriter
    ) {
        route = Routes.all[0]
        answer(Problem(failure), head: head, bytes: bytes, response: &response)
    }
}

/// Whether a client prefers its errors as a line of text.
enum ProblemForm {
    /// JSON wherever the client takes any JSON: it is refused nothing for lacking a form.
    static func isText(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        let offers: InlineArray<3, MediaOffer> = [.problem, .json, .text]
        var accept = Accept(offers: 3)
        var index = -1
        while let next = head.nextLine(of: .accept, after: index) {
            index = next
            accept.read(bytes.extracting(head.line(next).value), offers)
        }
        return accept.best == 2
    }
}
