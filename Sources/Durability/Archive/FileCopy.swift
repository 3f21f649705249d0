import Bytes
import Posix

/// Copies files that will not change from one directory to another.
struct FileCopy {
    /// Read and written at a time.
    private static let pieceBytes = 256 << 10

    let source: any Disk
    let target: any Disk
    /// Whether the copy is to be broken off.
    let isStopped: () -> Bool

    /// Copies what counts of a file. When it returns, the copy is whole and lasts under its name; when it throws, there
    /// is none under that name that was not there before.
    /// - Throws: `damaged` when the bytes do not have the checksum that the manifest names.
    func copy(_ file: ArchivedFile) throws(ArchiveFailure) {
        let temporary = FileNames.temporary(file.name)
        try system { () throws(SystemError) in
            do throws(SystemError) { try target.remove(temporary) } catch { guard error.isMissing else { throw error } }
            guard try DiskSpace(of: target).spare >= file.length else {
                throw .outOfSpace("\(target.path)/\(temporary)")
            }
        }
        do throws(ArchiveFailure) {
            try fill(temporary, from: file)
            try system { () throws(SystemError) in
                try target.rename(temporary, to: file.name)
                try target.syncDirectory()
            }
        } catch {
            try? target.remove(temporary)
            throw error
        }
    }

    private func fill(_ name: String, from file: ArchivedFile) throws(ArchiveFailure) {
        let from = try reading(file) { () throws(SystemError) in try source.openForReading(file.name) }
        let to = try system { () throws(SystemError) in try target.create(name) }
        var sum = CRC32C()
        var offset = 0
        var piece = IOBuffer()
        while offset < file.length {
            if isStopped() { throw .stopped }
            piece.removeAll(keeping: Self.pieceBytes)
            let count = try reading(file) { () throws(SystemError) in
                try from.readAll(at: offset, upTo: min(Self.pieceBytes, file.length - offset), into: &piece)
            }
            if count == 0 { break }
            try system { () throws(SystemError) in try to.writeAll(piece.readable, at: offset) }
            sum.add(piece.readable)
            offset += count
            Thread.giveWay()
        }
        guard offset == file.length, sum.value == file.checksum else {
            throw .damaged(file)
        }
        try system { () throws(SystemError) in try to.sync() }
    }

    /// What cannot be read, or is not there, is as lost as what has another checksum.
    private func reading<Result>(
        _ file: ArchivedFile, _ body: () throws(SystemError) -> Result
    ) throws(ArchiveFailure) -> Result {
        do throws(SystemError) { return try body() } catch {
            throw error.isDeviceFailure || error.isMissing ? .damaged(file) : .system(error)
        }
    }

    private func system<Result>(_ body: () throws(SystemError) -> Result) throws(ArchiveFailure) -> Result {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }
}
