/// Told that a loop has been given events. Called from any thread, with the hub locked: it only enqueues.
package protocol LoopWaker: Sendable {
    func wake(_ loop: Int)
}
