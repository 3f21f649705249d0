import Bytes
import JSON

/// What a change ends in: the new text, or the reason and the index of the operation as `reason@index`.
func merged(_ patch: String, _ document: String, limit: Int = .max) -> String {
    changed { out throws(JSONChangeError) in
        let (patch, document) = (Array(patch.utf8), Array(document.utf8))
        try JSONMergePatch.apply(patch.span, to: document.span, limit: limit, into: &out)
    }
}

func patched(_ patch: String, _ document: String, limit: Int = .max) -> String {
    changed { out throws(JSONChangeError) in
        let (patch, document) = (Array(patch.utf8), Array(document.utf8))
        try JSONPatch.apply(patch.span, to: document.span, limit: limit, into: &out)
    }
}

private func changed(_ change: (inout IOBuffer) throws(JSONChangeError) -> Void) -> String {
    var out = IOBuffer()
    out.append("before ")
    do {
        try change(&out)
        return String(decoding: out.readable.extracting(7..<out.count).copied(), as: UTF8.self)
    } catch {
        precondition(out.count == 7, "a change that failed left something behind")
        return "\(error.reason)" + (error.operation.map { "@\($0)" } ?? "")
    }
}

/// The pointer that the failing operation names.
func failingPointer(_ patch: String, _ document: String) -> String {
    let (patch, document) = (Array(patch.utf8), Array(document.utf8))
    var out = IOBuffer()
    do {
        try JSONPatch.apply(patch.span, to: document.span, into: &out)
        return "none"
    } catch {
        return String(decoding: patch[error.pointer.range], as: UTF8.self)
    }
}
