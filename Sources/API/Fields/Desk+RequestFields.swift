import Bytes
import CacheModel
import HTTP1

/// The fields of a request that several verbs read.
extension Desk {
    /// `Nuthatch-Version` and `Nuthatch-If-Version`.
    func callerVersion(_ request: borrowing Request) throws(Problem) -> CallerVersion? {
        guard let text = request.field(.nuthatchVersion) else {
            if request.has(.nuthatchIfVersion) { throw .badRequest("Nuthatch-If-Version needs Nuthatch-Version") }
            return nil
        }
        guard let value = text.unsignedDecimalValue() else {
            throw .badRequest("Nuthatch-Version is a whole number from 0 to 18446744073709551615")
        }
        guard let condition = request.field(.nuthatchIfVersion) else {
            return CallerVersion(value: value, onlyIfNewer: false)
        }
        guard condition.equals("newer") else { throw .badRequest("Nuthatch-If-Version can be newer, nothing else") }
        return CallerVersion(value: value, onlyIfNewer: true)
    }

    /// All lines of `Prefer`.
    func preference(_ request: borrowing Request) -> Preference {
        var preference = Preference()
        var index = -1
        while let next = request.nextLine(of: .prefer, after: index) {
            index = next
            preference.read(request.line(next))
        }
        return preference
    }

    /// The query's parameters.
    mutating func parameters(
        _ request: borrowing Request, allowing allowed: ParameterSet, _ list: StaticString
    ) throws(Problem) -> Parameters {
        guard let query = request.query else { return Parameters() }
        return try Parameters(query, allowing: allowed, list, noted: &noted)
    }

    /// Refuses every parameter.
    mutating func refuseParameters(_ request: borrowing Request) throws(Problem) {
        _ = try parameters(request, allowing: [], "this path takes no parameters")
    }

    /// The form of an answer that exists as JSON and as a line of text; chosen before anything is done.
    func controlForm(_ request: borrowing Request) throws(Problem) -> ControlForm {
        let offers: InlineArray<2, MediaOffer> = [.json, .text]
        switch best(of: offers, request) {
        case 0: return .json
        case 1: return .text
        default: throw Problem(.notAcceptable, "the answer can be application/json or text/plain")
        }
    }

    /// The index of the form the client likes best, by all lines of `Accept`.
    func best<let count: Int>(of offers: InlineArray<count, MediaOffer>, _ request: borrowing Request) -> Int? {
        var accept = Accept(offers: count)
        var index = -1
        while let next = request.nextLine(of: .accept, after: index) {
            index = next
            accept.read(request.line(next), offers)
        }
        return accept.best
    }
}

/// How a control answer is written.
enum ControlForm { case json, text }
