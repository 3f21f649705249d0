import Bytes
import HTTP1

/// What a request says that must not be remembered: the id of a session, in `Nuthatch-Session`.
///
/// Such a request is overwritten where it stands once it is answered. Bytes whose head was not read yet may be one:
/// they are overwritten wherever they do not come to an answer, and so is the storage they are moved out of. A request
/// whose head names no session costs nothing of this.
extension HTTPConnection {
    /// Consumes a request that was answered.
    func consume(_ bytes: inout IOBuffer, _ extent: RequestExtent) {
        if isSecret(worker.head) { bytes.overwrite(first: extent.total) }
        bytes.consume(extent.total)
    }

    func isSecret(_ head: borrowing RequestHead) -> Bool { head.sent.contains(.nuthatchSession) }

    /// Decodes what has come of a body in chunks; true when it is whole. What stands behind it is then moved down.
    func decode(
        _ bytes: inout IOBuffer, _ decoder: inout ChunkDecoder
    ) throws(HTTPFailure) -> Bool {
        let before = bytes.count
        guard try decoder.decode(&bytes, limits: worker.httpLimits) else { return false }
        if bytes.count > decoder.decodedEnd { bytes.overwrite(behind: before - bytes.count) }
        return true
    }

    /// Keeps what the loop's buffer holds beyond whole requests.
    func keepRest(of buffer: inout IOBuffer) {
        let isSecret = buffer.isSecret || isBetweenHeads
        buffer.isSecret = true
        if isOpen {
            input.isSecret = isSecret
            input.append(copying: buffer)
        }
        buffer.removeAll(keeping: LoopWorker.readSize * 2)
    }

    /// Whether what is being read has no head yet.
    var isBetweenHeads: Bool { if case .head = phase { true } else { false } }

    /// Forgets what was read and will not be answered.
    func forget(_ bytes: inout IOBuffer) {
        bytes.isSecret = true
        bytes.removeAll()
    }
}
