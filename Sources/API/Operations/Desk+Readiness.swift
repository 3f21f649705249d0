import Bytes
import CacheModel
import Durability
import HTTP1

/// `/readyz`.
extension Desk {
    /// Whether requests should be sent here. Strangers learn no more than the status says.
    mutating func answerReadiness(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        try refuseParameters(request)
        let form = try controlForm(request)
        let admission = api.openData.gate?.admission
        let word = word(admission)
        let isReady = word.isReady
        scratch.removeAll()
        switch form {
        case .text:
            scratch.append(word.text)
            scratch.append("\n")
        case .json:
            scratch.append("{\"ready\":")
            scratch.append(isReady ? "true" : "false")
            if principal.isKnown { appendReadinessDetail(word.text, admission) }
            scratch.append("}\n")
        }
        answerScratch(isReady ? 200 : 503, form, response: &response)
    }

    /// A server that refuses all changes is better left alone.
    private func word(_ admission: ChangeAdmission?) -> (text: StaticString, isReady: Bool) {
        switch api.readiness {
        case .starting: ("starting", false)
        case .draining: ("draining", false)
        case .ready: admission == .full || admission == .failed ? ("refusing", false) : ("ready", true)
        }
    }

    private mutating func appendReadinessDetail(_ word: StaticString, _ admission: ChangeAdmission?) {
        let statistics = engine.statistics()
        scratch.append(",\"status\":\"")
        scratch.append(word)
        scratch.append("\",\"role\":\"leader\",\"position\":\"")
        EntryTag(statistics.position).appendOpaque(to: &scratch)
        scratch.append("\",\"checks\":{\"entries\":")
        scratch.append(decimal: statistics.entries)
        scratch.append(",\"memory_used\":")
        scratch.append(decimal: statistics.memoryUsed)
        scratch.append(",\"memory_limit\":")
        scratch.append(decimal: statistics.memoryLimit)
        if api.readiness == .starting { appendLoading() }
        if let admission { appendLogCheck(admission) }
        scratch.append("}")
    }

    private mutating func appendLoading() {
        scratch.append(",\"loading\":{\"phase\":\"")
        scratch.append(api.loading.phase.word)
        scratch.append("\",\"bytes\":")
        scratch.append(decimal: api.loading.bytes)
        scratch.append(",\"total_bytes\":")
        scratch.append(decimal: api.loading.totalBytes)
        scratch.append("}")
    }

    private mutating func appendLogCheck(_ admission: ChangeAdmission) {
        scratch.append(",\"log\":{\"state\":\"")
        scratch.append(admission.word)
        scratch.append("\"")
        if let figures = gate?.figures {
            scratch.append(",\"unsynced_records\":")
            scratch.append(decimal: figures.written.number - min(figures.synced.number, figures.written.number))
        }
        scratch.append("}")
    }
}

extension ChangeAdmission {
    fileprivate var word: StaticString {
        switch self {
        case .open: "open"
        case .held: "held"
        case .full: "full"
        case .failed: "failed"
        }
    }
}
