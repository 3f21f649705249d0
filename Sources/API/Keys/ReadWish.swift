import Bytes
import CacheModel
import HTTP1

/// What a GET or HEAD asks beside the key.
struct ReadWish {
    /// Whether the read slides an idle lifetime; nil leaves it to the method and the answer.
    var touch: Bool?
    var acceptsStale = true
    /// Milliseconds to wait for a change, 0 for none.
    var wait: Int64 = 0
    /// The wait in seconds as `Prefer` asked for it, to be confirmed.
    var preferredWait: Int64?

    /// Nothing special.
    init() {}

    mutating func read(_ parameters: borrowing Parameters) throws(Problem) {
        touch = try parameters.flag(.touch)
        acceptsStale = try parameters.flag(.stale) ?? true
        if let duration = try parameters.duration(.wait) { wait = duration.milliseconds }
    }

    /// `Prefer: wait=N` is the wish, `?wait=` the order: given both, they must say the same.
    mutating func read(_ preference: Preference) throws(Problem) {
        guard let seconds = preference.wait else { return }
        if wait > 0 && wait != seconds * 1000 { throw .bad(.wait, "Prefer: wait says something else") }
        wait = seconds * 1000
        preferredWait = seconds
    }
}
