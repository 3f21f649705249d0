/// Who holds replies back until the log has them.
package protocol LogListener: AnyObject, Sendable {
    /// More replies may leave, or the log holds them back for long: look at ``LogProgress`` again. Called from the
    /// log's threads, often; it must only wake whoever holds something.
    func logMoved()

    /// The log has failed and stays failed. Called once.
    func logFailed(_ error: String)
}
