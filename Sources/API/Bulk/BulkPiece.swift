import Bytes
import HTTP1

/// Sends the output of a bulk request: whole with its length where it is short, else piece by piece.
enum BulkPiece {
    /// Whether enough has been gathered for now.
    static func isFull(_ out: borrowing IOBuffer, lines: Int) -> Bool {
        out.count >= BulkLimits.piece || lines >= BulkLimits.linesPerTurn
    }

    /// - Parameter next: where to go on, nil at the end.
    static func send(
        _ out: borrowing IOBuffer, next: BulkCursor?, isFirst: Bool, response: inout ResponseWriter
    ) -> Disposition {
        if isFirst {
            response.begin(200)
            response.fields(Surface.ndjson)
            if next == nil && out.count < BulkLimits.whole {
                response.finish(length: out.count)
                response.body(out.readable)
                return .responded
            }
            response.finishChunked()
        }
        response.beginChunk()
        response.buffer.append(out.readable)
        response.endChunk()
        if let next { return .streaming(cursor: next.packed) }
        response.endChunks()
        return .responded
    }
}
