/// What a caller may do.
package struct Permissions: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// See entries and figures.
    package static let read = Permissions(rawValue: 1)
    /// Change entries.
    package static let write = Permissions(rawValue: 2)
    /// Change the server.
    package static let admin = Permissions(rawValue: 4)

    /// Set what counts: the exact score of a member, what leaderboards there are, when a season closes.
    package static let manage = Permissions(rawValue: 8)

    package static let everything: Permissions = [.read, .write, .admin, .manage]

    /// The word for the first thing of `needed` that is missing here.
    func missing(from needed: Permissions) -> StaticString {
        let lacking = needed.subtracting(self)
        if lacking.contains(.read) { return "read" }
        if lacking.contains(.write) { return "write" }
        if lacking.contains(.manage) { return "manage" }
        return "admin"
    }
}
