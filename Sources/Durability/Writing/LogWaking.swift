/// When a loop wakes the log: at the end of the turn that made records, or a little later, together with what the next
/// turns bring (docs/decisions/0040-one-more-look-before-the-log.md).
///
/// Later where several replies are held: while their requests were answered others came, whose records may go with
/// theirs. A waking costs two changes of threads, a write and a mail to the loop, as much as two requests.
package struct LogWaking {
    /// So many held replies are worth a waking, whatever else may come.
    package static let enough = 64
    /// Nanoseconds after which the log is woken, counted from the first turn that held replies.
    package static let longest: Int64 = 500_000

    /// Replies held since the log was last woken, how many at the turn before, and when the first of those turns began.
    private var held = 0
    private var heldBefore = 0
    private var start: Int64 = 0

    package init() {}

    package mutating func noteHeld() { held += 1 }

    /// Whether the log sleeps on for one turn more, which must come at once; else it is to be woken now, and with that
    /// another waking begins.
    /// - Parameters:
    ///   - turnStart: when the turn that ends now began, in nanoseconds.
    ///   - now: not before the last answer of the turn.
    package mutating func waits(turnStart: Int64, now: Int64) -> Bool {
        if heldBefore == 0 { start = turnStart }
        if held > max(1, heldBefore), held < Self.enough, now - start < Self.longest {
            heldBefore = held
            return true
        }
        return false
    }
}
