/// Whether what is to be changed could be kept. Asked before each change, from any thread.
package protocol ChangeGate: AnyObject, Sendable {
    var admission: ChangeAdmission { get }
}

package enum ChangeAdmission: Sendable, Equatable {
    case open
    /// The disk does not keep up: not now, perhaps in a moment.
    case held
    /// The disk is full.
    case full
    /// The log has failed.
    case failed
}
