import Bytes
import CacheModel
import HTTP1
import Observability
import PubSub

/// `/healthz`, `/metrics`, `/openapi.json`.
extension Desk {
    /// The process answers: it is alive.
    mutating func answerHealth(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        try refuseParameters(request)
        let form = try controlForm(request)
        scratch.removeAll()
        scratch.append(form == .json ? "{\"status\":\"ok\"}\n" : "ok\n")
        answerScratch(200, form, response: &response)
    }

    /// The scratch as the body of a control answer.
    mutating func answerScratch(_ status: Int, _ form: ControlForm, response: inout ResponseWriter) {
        response.begin(status)
        response.fields(form == .json ? Surface.json : Surface.text)
        response.fields("Cache-Control: no-store\r\n")
        if status == 503 { response.fields("Retry-After: 1\r\n") }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    /// OpenMetrics, whatever the client accepts: scrapers send long lists, and there is one form.
    mutating func answerMetrics(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        try refuseParameters(request)
        scratch.removeAll()
        api.metrics.append(
            engine: engine.statistics(), topics: api.hub.statistics(), log: gate?.figures,
            version: api.settings.version, into: &scratch)
        response.begin(200)
        response.field("Content-Type", MetricsRegistry.mediaType)
        response.fields("X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n")
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    mutating func answerOpenAPI(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        try refuseParameters(request)
        response.begin(200)
        response.fields(Surface.json)
        let document = api.settings.openAPI
        response.finish(length: document.count)
        response.body(document.span)
    }
}
