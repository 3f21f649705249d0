import Bytes

/// What happened to a session, as the log tells it: whoever reads the log learns of each exactly once and in order,
/// also of those whose time was over while nobody asked.
public struct SessionEvent: Sendable, Equatable {
    public enum What: Sendable, Equatable {
        case created
        case rotated
        /// `expired` for time; any other for someone's doing.
        case ended(SessionEnd)
    }

    public var what: What
    public var handle: SessionHandle

    /// Nil for a record that tells of no event. Of the records of a rotation the handle's tells it, not the old id's.
    public init?(_ effect: borrowing Effect) {
        guard case .put(let key, let value, let fields, _, .sessions) = copy effect, !key.isEmpty else { return nil }
        if key[0] == 1 {
            guard key.count == 1 + SessionHandle.bytes, value.count == SessionDigest.bytes + 4 else { return nil }
            let rotations = value.loadLittleEndian(UInt32.self, at: SessionDigest.bytes)
            what = rotations == 0 ? .created : .rotated
            handle = SessionHandle(key.extracting(1..<key.count))
        } else {
            guard let ended = EndedSession(fields), ended.end != .rotated else { return nil }
            what = .ended(ended.end)
            handle = ended.handle
        }
    }
}
