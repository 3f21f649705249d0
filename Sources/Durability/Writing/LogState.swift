/// Whether the log takes changes.
package enum LogState: UInt8, Sendable {
    case open
    /// Little room is left on the disk: nothing may be changed until there is more.
    case full
    /// Records could not be written for want of room. They wait in memory and are tried again; replies that depend on
    /// them cannot leave.
    case blocked
    /// A write or sync failed: nothing is acknowledged any more, and no later success would prove anything.
    case failed

    /// Whether what was held back will not be released soon.
    package var holdsBack: Bool { self == .blocked || self == .failed }
}
