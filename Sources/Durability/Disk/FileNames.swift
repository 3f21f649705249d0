/// The names of the files in a data directory.
package enum FileNames {
    package static let manifest = "MANIFEST"
    package static let mark = "MARK"

    /// `log-` and the id in 16 hexadecimal digits.
    package static func segment(_ id: UInt64) -> String { "log-\(id.hexText)" }
    /// `snapshot-`, the id in 16 hexadecimal digits, `.gz`.
    package static func snapshot(_ id: UInt64) -> String { "snapshot-\(id.hexText).gz" }
    /// What was cut off the end of a segment, kept for whoever wants to look at it: `torn-` and the segment's id.
    package static func torn(_ id: UInt64) -> String { "torn-\(id.hexText)" }
    /// What a file is called until it is whole.
    package static func temporary(_ name: String) -> String { "\(name).new" }

    /// The id in a name of a segment, snapshot, torn or temporary file; nil for other names.
    package static func id(in name: String) -> UInt64? {
        for prefix in ["log-", "snapshot-", "torn-"] where name.hasPrefix(prefix) {
            return UInt64(hexText: name.dropFirst(prefix.count).prefix(16))
        }
        return nil
    }
}
