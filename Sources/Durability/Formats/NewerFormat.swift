/// What only a newer version can read: its checksum is right, its form unknown here. Nothing of it may be guessed at,
/// left out or given up, for that version reads all of it.
package struct NewerFormat: Error, Sendable, Equatable, CustomStringConvertible {
    package var file: String
    /// The byte that says so.
    package var offset: Int
    /// What is newer: `format 2, here up to 1` or `record kind 9`.
    package var what: String

    init(file: String, offset: Int, what: String) {
        self.file = file
        self.offset = offset
        self.what = what
    }

    /// A file of a form newer than `known`.
    init(file: String, offset: Int, format: UInt64, known: UInt64) {
        self.init(file: file, offset: offset, what: "format \(format), here up to \(known)")
    }

    package var description: String {
        "\(file), byte \(offset): written by a newer version of Nuthatch (\(what)). Use that version or a newer one"
    }
}

extension RecordFlaw {
    /// What a whole record has that this version does not know; nil for other flaws.
    var newerForm: String? {
        switch self {
        case .kind(let number): "record kind \(number)"
        case .entryKind(let number): "entry kind \(number)"
        default: nil
        }
    }
}

extension SnapshotFlaw {
    /// What a whole block has that this version does not know; nil for other flaws.
    var newerForm: String? {
        switch self {
        case .version(let format): "format \(format), here up to \(SnapshotHead.format)"
        case .kind(let number): "block kind \(number)"
        case .record(let flaw): flaw.newerForm
        default: nil
        }
    }
}
