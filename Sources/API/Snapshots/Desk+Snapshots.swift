import Bytes
import CacheModel
import Durability
import HTTP1
import JSON
import Posix

/// `/v1/admin/snapshots`: asking for snapshots, seeing how far they are, fetching and verifying them.
extension Desk {
    /// All there are, oldest first.
    mutating func listSnapshots(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        let service = try snapshots(request)
        var json = JSONWriter()
        scratch.removeAll()
        json.beginObject(into: &scratch)
        json.name("snapshots", into: &scratch)
        json.beginArray(into: &scratch)
        for status in service.all { status.append(json: &json, into: &scratch) }
        json.endArray(into: &scratch)
        json.endObject(into: &scratch)
        answerSnapshotJSON(200, response: &response)
    }

    /// Begins one, or names the one that is being made.
    mutating func makeSnapshot(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        let service = try snapshots(request)
        guard request.body.isEmpty else { throw .badRequest("a snapshot is asked for without a body") }
        accepted(service.request(), service, response: &response)
    }

    /// Loads one in rehearsal again.
    mutating func verifySnapshot(_ request: borrowing Request, response: inout ResponseWriter) throws(Problem) {
        let service = try snapshots(request)
        guard request.body.isEmpty else { throw .badRequest("a snapshot is verified without a body") }
        let id = try snapshotID(request)
        guard service.verify(id) else { throw Self.noSnapshot }
        accepted(id, service, response: &response)
    }

    /// The file of a sound one, piece by piece, or what is known of it; 202 until its rehearsal has ended.
    mutating func getSnapshot(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let service = try snapshots(request)
        let id = try snapshotID(request)
        if case .drained(let offset) = turn.resumption {
            return try sendPiece(id, service, offset, response: &response)
        }
        let offers: InlineArray<2, MediaOffer> = [.gzip, .json]
        guard let form = best(of: offers, request) else {
            throw Problem(.notAcceptable, "a snapshot can be application/gzip or application/json")
        }
        guard let status = service.status(of: id) else { throw Self.noSnapshot }
        if form == 0, status.state == .failed { throw failed(status) }
        guard let entry = status.entry, status.state == .complete, form == 0 else {
            var json = JSONWriter()
            scratch.removeAll()
            status.append(json: &json, into: &scratch)
            answerSnapshotJSON(status.isInTheMaking ? 202 : 200, response: &response)
            return .responded
        }
        return try sendFile(entry, service, response: &response)
    }

    // MARK: The file

    /// Read and sent at a time: a disk that is asked for it first takes some milliseconds.
    private static let pieceBytes = 256 << 10

    private mutating func sendFile(
        _ entry: SnapshotEntry, _ service: SnapshotService, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        // Before the status is said: a file that is gone is no snapshot.
        try readPiece(entry.id, service, 0)
        response.begin(200)
        response.fields("Content-Type: application/gzip\r\nX-Content-Type-Options: nosniff\r\n")
        response.beginField("Content-Disposition")
        response.buffer.append("attachment; filename=\"")
        response.buffer.append(Array(entry.name.utf8))
        response.buffer.append("\"")
        response.endField()
        response.fields("Vary: Accept\r\nCache-Control: no-store\r\n")
        response.finishChunked()
        if isHead { return .responded }
        return endPiece(0, response: &response)
    }

    /// - Throws: when the file cannot be read on: the answer then ends without its last chunk.
    private mutating func sendPiece(
        _ id: UInt64, _ service: SnapshotService, _ offset: Int, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        try readPiece(id, service, offset)
        return endPiece(offset, response: &response)
    }

    /// Puts the next piece into the scratch; nothing at the end of the file.
    private mutating func readPiece(_ id: UInt64, _ service: SnapshotService, _ offset: Int) throws(Problem) {
        scratch.removeAll()
        do throws(SystemError) {
            guard let (file, length) = try service.open(id) else { throw SystemError.missing("snapshot") }
            let count = try file.readAll(at: offset, upTo: min(Self.pieceBytes, length - offset), into: &scratch)
            guard count > 0 || offset == length else { throw SystemError.missing("snapshot") }
        } catch {
            throw Problem(.noSuchResource, "the snapshot's file cannot be read")
        }
    }

    private mutating func endPiece(_ offset: Int, response: inout ResponseWriter) -> Disposition {
        defer { scratch.removeAll(keeping: 1 << 16) }
        if scratch.isEmpty {
            response.endChunks()
            return .responded
        }
        response.beginChunk()
        response.buffer.append(scratch.readable)
        response.endChunk()
        return .streaming(cursor: offset + scratch.count)
    }

    // MARK: Parts

    private static let noSnapshot = Problem(.noSuchResource, "there is no snapshot of this id: GET /v1/admin/snapshots")

    private mutating func failed(_ status: SnapshotStatus) -> Problem {
        noted.removeAll()
        noted.append(Array((status.failure ?? "").utf8))
        return Problem(.snapshotFailed, "the snapshot was not made or did not pass its rehearsal", .notedFailure)
    }

    private mutating func snapshots(_ request: borrowing Request) throws(Problem) -> SnapshotService {
        try refuseParameters(request)
        guard let service = api.snapshots else {
            throw Problem(.noSuchResource, "snapshots need a data directory: start with --data-dir")
        }
        return service
    }

    private func snapshotID(_ request: borrowing Request) throws(Problem) -> UInt64 {
        let start = RoutePath.snapshotPrefix.utf8CodeUnitCount
        let path = request.path
        let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
        guard let id = path.extracting(start..<end).unsignedDecimalValue() else { throw Self.noSnapshot }
        return id
    }

    private mutating func accepted(_ id: UInt64, _ service: SnapshotService, response: inout ResponseWriter) {
        var json = JSONWriter()
        scratch.removeAll()
        let status = service.status(of: id) ?? SnapshotStatus(id: id, state: .waiting)
        status.append(json: &json, into: &scratch)
        answerSnapshotJSON(202, location: id, response: &response)
    }

    private mutating func answerSnapshotJSON(
        _ status: Int, location: UInt64? = nil, response: inout ResponseWriter
    ) {
        scratch.append("\n")
        response.begin(status)
        if let location {
            response.beginField("Location")
            response.buffer.append(RoutePath.snapshotPrefix)
            response.buffer.append(decimal: location)
            response.endField()
        }
        response.fields(Surface.json)
        response.fields("Vary: Accept\r\nCache-Control: no-store\r\n")
        if status == 202 { response.fields("Retry-After: 1\r\n") }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }
}
