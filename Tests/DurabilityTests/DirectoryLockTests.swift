import Foundation
import Posix
import Testing

@testable import Durability

@Suite struct `A directory that is looked through` {
    @Test func `is not one that a server uses, nor can one begin to`() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "nuthatch-\(UUID())")
        defer { try? FileManager.default.removeItem(at: url) }
        let path = url.path
        var server: PosixDisk? = try PosixDisk(path: path, creating: true)
        try server?.lock()
        let reader = try PosixDisk(path: path, creating: false)
        #expect(throws: RecoveryError.locked(path)) { try reader.claimForReading() }
        server = nil
        try reader.claimForReading()
        try PosixDisk(path: path, creating: false).claimForReading()
        let late = try PosixDisk(path: path, creating: false)
        #expect { try late.lock() } throws: { ($0 as? SystemError)?.isLocked == true }
        #expect(try late.names().isEmpty, "a lock leaves nothing behind")
    }

    @Test func `is read where locks do not work`() throws {
        let disk = MemoryDisk(lockFailure: .deviceFailure("flock"))
        try disk.claimForReading()
        #expect(throws: RecoveryError.self) { _ = try DiskSite.recover(disk) }
    }
}
