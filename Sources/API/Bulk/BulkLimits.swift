/// What bounds one bulk request, each with its reason. The body's size is bounded by the server.
enum BulkLimits {
    /// Lines: some ten milliseconds of work in all.
    static let lines = 10_000
    /// Output after which a piece is sent and the rest waits until it has left: memory stays bounded however many large
    /// values are named.
    static let piece = 128 << 10
    /// A small answer is sent whole, with its length.
    static let whole = 64 << 10
    /// Lines after which the loop turns to others.
    static let linesPerTurn = 1000
}

/// Where a bulk request goes on: the place in its body and the number of the line there. Fits the cursor of a streaming
/// answer, for a body is below 2^40 bytes and has at most 10,000 lines.
struct BulkCursor: Equatable {
    var offset: Int
    /// The number of the line that begins at `offset`, from 1.
    var line: Int

    static let start = BulkCursor(offset: 0, line: 1)

    init(offset: Int, line: Int) {
        self.offset = offset
        self.line = line
    }

    init(packed: Int) {
        offset = packed >> 20
        line = packed & (1 << 20 - 1)
    }

    var packed: Int { offset << 20 | line }
}
