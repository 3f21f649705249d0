/// Every maximum of the reader and writer, with its reason.
package enum JSONLimits {
    /// Arrays and objects inside each other: one bit each of a machine word.
    package static let depth = 64
    /// Digits of a number: beyond every integer and decimal anyone means, and short enough to look at twice.
    package static let numberDigits = 64
    /// Member names remembered at a time, over all open objects, to find duplicates: about 2 MiB at most.
    package static let openMembers = 65_536
    /// Nodes that a JSON Patch may visit and copy: some ten milliseconds, far beyond what any honest patch needs. It
    /// bounds copies of copies, which double, and long walks along arrays.
    package static let changeSteps = 1_000_000
}
