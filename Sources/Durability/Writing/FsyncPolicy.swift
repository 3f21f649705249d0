/// When the disk must hold a record for its reply to leave.
package enum FsyncPolicy: String, Sendable, CaseIterable {
    /// The sync that covers the record has returned: nothing acknowledged is lost, whatever fails.
    case always
    /// The record is written; a sync starts half a second after the first unsynced record: a power failure takes at
    /// most a second of acknowledgements.
    case everysec
    /// The record is written; the kernel decides when the disk holds it.
    case no
}
