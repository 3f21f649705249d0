import Bytes
import CacheModel
import Posix
import Synchronization

/// The manifest of a directory in use. Each change replaces the file in one step; changes of several threads come one
/// after the other.
package final class ManifestStore: Sendable {
    private struct State {
        var manifest: Manifest
        /// Set when it is no longer known which manifest the disk will show.
        var failure: SystemError?
    }

    package let disk: any Disk
    private let state: Mutex<State>

    /// - Parameter manifest: as read from the disk, or new.
    package init(_ manifest: Manifest, on disk: any Disk) {
        self.disk = disk
        state = Mutex(State(manifest: manifest))
    }

    /// The manifest as it is now.
    package var current: Manifest { state.withLock { $0.manifest } }

    /// Whether it is no longer known which manifest the disk will show: it may name files that nobody here knows of.
    package var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// The id for a new file: never given out twice, also when the file comes to nothing.
    package func takeFile() -> UInt64 { state.withLock { $0.manifest.takeFile() } }

    /// Puts a changed manifest on disk: temporary file, sync, rename, sync of the directory. When it returns, the
    /// change lasts.
    /// - Throws: an error before the renaming leaves everything as it was and may be tried again. One after it, when
    ///   nobody can know which of the two the disk will show, is thrown again by every later change.
    package func update(_ change: (inout Manifest) -> Void) throws(SystemError) {
        try state.withLock { (state) throws(SystemError) in
            if let failure = state.failure { throw failure }
            var changed = state.manifest
            change(&changed)
            changed.generation += 1
            try writeTemporary(changed)
            do throws(SystemError) {
                try disk.rename(FileNames.temporary(FileNames.manifest), to: FileNames.manifest)
                try disk.syncDirectory()
            } catch {
                state.failure = error
                throw error
            }
            state.manifest = changed
        }
    }

    /// Lets a new segment count, whose file is whole and synced, and closes the one before, which must be synced up to
    /// there. A segment that is closed without records is dropped.
    package func begin(_ segment: SegmentEntry, closing: SegmentClosing?) throws(SystemError) {
        var dropped: String?
        try update { manifest in
            if let closing, let last = manifest.segments.indices.last {
                if closing.length > SegmentHeader.size {
                    manifest.segments[last].closing = closing
                } else {
                    dropped = manifest.segments.removeLast().name
                }
            }
            manifest.segments.append(segment)
        }
        if let dropped { removeFiles([dropped]) }
    }

    private func writeTemporary(_ manifest: Manifest) throws(SystemError) {
        let name = FileNames.temporary(FileNames.manifest)
        do throws(SystemError) {
            try disk.remove(name)
        } catch {
            guard error.isMissing else { throw error }
        }
        let file = try disk.create(name)
        do throws(SystemError) {
            try file.writeAll(Array(manifest.text.utf8).span, at: 0)
            try file.sync()
        } catch {
            try? disk.remove(name)
            throw error
        }
    }

    /// Removes files that the manifest no longer names; what cannot be removed is named as
    /// unknown by the next start.
    package func removeFiles(_ names: [String]) {
        for name in names { try? disk.remove(name) }
    }

    /// Removes a file that was to count and does not; not when the disk may show a manifest that names it.
    package func removeUncounted(_ name: String) {
        if !hasFailed { removeFiles([name]) }
    }

    /// The manifest of a directory, nil when it has none.
    package static func read(from disk: any Disk) throws(ManifestError) -> Manifest? {
        var bytes = IOBuffer()
        do throws(SystemError) {
            let file = try disk.openForReading(FileNames.manifest)
            try file.readAll(at: 0, upTo: Manifest.maximumBytes + 1, into: &bytes)
        } catch {
            if error.isMissing { return nil }
            throw .system(error)
        }
        do throws(ManifestFlaw) {
            return try Manifest(bytes.readable)
        } catch {
            throw .flaw(error, offset: error.offset(in: bytes.readable))
        }
    }
}

/// Why a directory's manifest could not be read.
package enum ManifestError: Error, Sendable, Equatable {
    case system(SystemError)
    /// With the byte where it is.
    case flaw(ManifestFlaw, offset: Int)
}
