import Bytes
import JSON

/// Takes the text before the first line feed as a patch and what follows as a document.
func fuzzPatch(_ input: Span<UInt8>) {
    let cut = input.firstIndex(of: 0x0A) ?? input.count
    let patch = input.extracting(0..<cut)
    let document = input.extracting(min(cut + 1, input.count)..<input.count)
    fuzzPointer(patch, document)
    fuzzMergePatch(patch, document)
    fuzzOperations(patch, document)
}

private func fuzzPointer(_ pointer: Span<UInt8>, _ document: Span<UInt8>) {
    do {
        guard let slice = try JSONPointer.find(pointer, in: document) else { return }
        precondition(skips(document.extracting(slice)), "a pointer found what is no value")
    } catch {
        precondition(!JSONPointer.isWellFormed(pointer))
    }
}

private func fuzzMergePatch(_ patch: Span<UInt8>, _ document: Span<UInt8>) {
    var once = IOBuffer()
    do {
        try JSONMergePatch.apply(patch, to: document, limit: 1 << 20, into: &once)
        precondition(skips(once.readable), "a merged document that is no JSON")
        // What a patch has done, it does not do again.
        var twice = IOBuffer()
        try JSONMergePatch.apply(patch, to: once.readable, limit: 1 << 20, into: &twice)
        precondition(twice.readable.equals(once.readable), "a merge patch is not idempotent")
    } catch {
        precondition(once.isEmpty, "a failed patch left something behind")
        precondition(error.reason == .tooLong || !skips(patch) || !skips(document), "a good patch was refused")
    }
}

private func fuzzOperations(_ patch: Span<UInt8>, _ document: Span<UInt8>) {
    var out = IOBuffer()
    do {
        try JSONPatch.apply(patch, to: document, limit: 1 << 20, into: &out)
        precondition(skips(out.readable), "a patched document that is no JSON")
    } catch {
        precondition(out.isEmpty, "a failed patch left something behind")
        precondition(error.pointer.end <= patch.count, "a pointer outside the patch")
        let isChecked = (try? JSONPatch.check(patch)) != nil
        precondition(isChecked != error.reason.isMalformed, "checking and applying disagree")
    }
}

private func skips(_ text: Span<UInt8>) -> Bool {
    var reader = JSONReader(text)
    return (try? reader.skipValue()) != nil && (try? reader.finish()) != nil
}
