import API
import Bytes
import CacheEngine
import CacheModel
import Durability
import Foundation
import Posix
import Synchronization
import Testing

@Suite struct `snapshots over HTTP` {
    /// A log that has ended where the engine stands.
    private final class StillLog: SnapshotLog {
        let engine: EmbeddedEngine
        init(_ engine: EmbeddedEngine) { self.engine = engine }
        var bytesWritten: UInt64 { 0 }
        func sync(through position: Position) throws(SnapshotFailure) {}

        func point(atLeast position: Position) throws(SnapshotFailure) -> LogPoint {
            LogPoint(position: position, logTime: Instant(milliseconds: 1000), digest: engine.digest)
        }

        func read(
            after start: Position, through end: Position, _ body: (borrowing Effect, Position, Int) -> Void
        ) throws(SnapshotFailure) {}
    }

    /// Whether rehearsals wait before they read.
    private final class Gate: Sendable {
        let isShut = Atomic(false)
        func pass() { while isShut.load(ordering: .relaxed) { usleep(1000) } }
    }

    private func service(_ engine: EmbeddedEngine, _ folder: URL, _ gate: Gate = Gate()) throws -> SnapshotService {
        let disk = try PosixDisk(path: folder.path, creating: true)
        let manifest = Manifest(
            history: HistoryID(high: 1, low: 2), hashSecret: (1, 2), epoch: 1, start: Position(epoch: 1, number: 1))
        var options = SnapshotOptions()
        options.atStop = false
        return SnapshotService(
            SnapshotService.Parts(
                state: engine, log: StillLog(engine), manifest: ManifestStore(manifest, on: disk),
                rehearsalState: {
                    gate.pass()
                    return DigestState(hashSecret: (1, 2))
                }, now: { Instant(milliseconds: 1_800_000_000_000) }, note: { _ in }), options: options)
    }

    /// The answer to `head`, as soon as its text holds `part`.
    private func wait(_ surface: Surface, _ head: String, _ part: String) -> Answer {
        var answer = surface.send(head, "Accept: application/json")
        for _ in 0..<2000 where !answer.text.contains(part) {
            usleep(5000)
            answer = surface.send(head, "Accept: application/json")
        }
        return answer
    }

    @Test func `the file is not given before the rehearsal, nor when that failed, and again after a good one`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nuthatch-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let engine = Surface.embedded()
        let surface = try Surface(engine: engine)
        surface.send("PUT /v1/keys/a", text: "apple")
        let gate = Gate()
        let snapshots = try service(engine, folder, gate)
        try snapshots.start()
        defer { snapshots.stop() }
        surface.api.snapshots = snapshots
        gate.isShut.store(true, ordering: .relaxed)
        let place = try #require(surface.send("POST /v1/admin/snapshots")["Location"])
        #expect(wait(surface, "GET \(place)", "\"rehearsing\"").status == 202)
        let early = surface.send("GET \(place)", "Accept: application/gzip")
        #expect(early.status == 202 && early["Retry-After"] == "1" && early["Content-Type"] == "application/json")
        #expect(early.text.contains("\"state\":\"rehearsing\"") && early.text.contains("\"rehearsed\":false"))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let name = try #require(names.first { $0.hasSuffix(".gz") })
        let path = folder.appendingPathComponent(name)
        let sound = try Data(contentsOf: path)
        var spoilt = sound
        spoilt[spoilt.count / 2] ^= 1
        try spoilt.write(to: path)
        gate.isShut.store(false, ordering: .relaxed)
        let known = wait(surface, "GET \(place)", "\"failed\"")
        #expect(known.status == 200 && known.text.contains("\"failure\":\"\(name), byte "))
        let refused = surface.send("GET \(place)")
        #expect(refused.status == 409 && refused.slug == "snapshot-failed")
        #expect(refused.text.contains("\"failure\":\"\(name), byte "))
        #expect(surface.send("GET /v1/admin/snapshots").text.contains("\"state\":\"failed\""))
        try sound.write(to: path)
        #expect(surface.send("POST \(place)/verify").text.contains("\"state\":\"rehearsing\""))
        #expect(wait(surface, "GET \(place)", "\"complete\"").text.contains("\"rehearsed\":true"))
        #expect(surface.send("GET \(place)").body == [UInt8](sound))
    }

    @Test func `one is asked for, followed, fetched and verified`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nuthatch-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let engine = Surface.embedded()
        let surface = try Surface(engine: engine)
        surface.send("PUT /v1/keys/a", text: "apple")
        let snapshots = try service(engine, folder)
        try snapshots.start()
        surface.api.snapshots = snapshots
        let asked = surface.send("POST /v1/admin/snapshots")
        let place = try #require(asked["Location"])
        #expect(asked.status == 202 && asked["Retry-After"] == "1")
        var known = surface.send("GET \(place)", "Accept: application/json")
        for _ in 0..<2000 where !known.text.contains("\"rehearsed\":true,\"verifying\":false") {
            usleep(5000)
            known = surface.send("GET \(place)", "Accept: application/json")
        }
        #expect(known.status == 200 && known.text.contains("\"state\":\"complete\""))
        let file = surface.send("GET \(place)")
        #expect(file["Content-Type"] == "application/gzip" && file.body.prefix(2) == [0x1F, 0x8B])
        #expect(surface.send("HEAD \(place)").body.isEmpty)
        #expect(surface.send("GET /v1/admin/snapshots").text.hasPrefix("{\"snapshots\":[{\"id\":"))
        #expect(surface.send("POST \(place)/verify").status == 202)
        // A file that is gone is not begun to be sent.
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".gz") {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
        #expect(surface.send("GET \(place)").status == 404)
        snapshots.stop()
    }

    @Test(
        arguments: [
            ("GET /v1/admin/snapshots/77", 404, "no-such-resource"),
            ("GET /v1/admin/snapshots/x", 404, "no-such-resource"),
            ("GET /v1/admin/snapshots/1/x", 404, "no-such-resource"),
            ("POST /v1/admin/snapshots/77/verify", 404, "no-such-resource"),
            ("DELETE /v1/admin/snapshots", 405, "method-not-allowed"),
            ("POST /v1/admin/snapshots?x=1", 400, "bad-parameter"),
        ])
    func `what is not there is refused`(line: String, status: Int, slug: String) throws {
        let answer = try Surface().send(line)
        #expect(answer.status == status && answer.slug == slug)
    }

    @Test func `only who may change the server sees them`() throws {
        let surface = try Surface(tokens: "read abcdefghijklmnop\n")
        let answer = surface.send("GET /v1/admin/snapshots", "Authorization: Bearer abcdefghijklmnop")
        #expect(answer.status == 403 && answer.slug == "forbidden")
    }
}
