import Bytes
import HTTP1

extension Desk {
    /// OPTIONS, for a path or for the server as a whole.
    mutating func answerOptions(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        let path = RoutePath.match(request.path)
        response.begin(204)
        response.beginField("Allow")
        var methods = Routes.methods(of: path)
        if path == .server { for path in RoutePath.allCases { methods.formUnion(Routes.methods(of: path)) } }
        methods.append(to: &response.buffer)
        response.endField()
        if methods.contains(.query) {
            response.fields(path == .boardRanking ? Surface.acceptJSONQuery : Surface.acceptQuery)
        }
        if methods.contains(.patch) { response.fields(Surface.acceptPatch) }
        response.finishWithoutBody()
    }
}
