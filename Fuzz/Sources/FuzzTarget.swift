/// What can be fuzzed. Each function traps where something does not hold; the bytes may be anything.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// Head scanner, head parser and chunk decoder: how a stream is cut into pieces changes nothing.
    case request
    /// The chunk decoder alone, fed in pieces.
    case chunks
    case json
    /// A patch and a document: both patches, and the pointer.
    case patch
    /// Everything that parses the value of a field: tags, ranges, dates, directives, structured fields.
    case fields
    /// Bodies of log records: what is read is written again the same.
    case record
    /// The records of a segment: links, positions, groups.
    case segment
    case manifest
    /// The slots of the mark file.
    case mark
    /// A snapshot: the file, its members, records, head and foot.
    case snapshot

    package func run(_ input: Span<UInt8>) {
        switch self {
        case .request: fuzzRequest(input)
        case .chunks: fuzzChunks(input)
        case .json: fuzzJSON(input)
        case .patch: fuzzPatch(input)
        case .fields: fuzzFields(input)
        case .record: fuzzRecord(input)
        case .segment: fuzzSegment(input)
        case .manifest: fuzzManifest(input)
        case .mark: fuzzMark(input)
        case .snapshot: fuzzSnapshot(input)
        }
    }
}
