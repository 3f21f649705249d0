import Foundation
import FuzzTargets
import Testing

/// Every input that a fuzzer kept, and every one that once went wrong, run again.
@Suite struct `What the fuzzers found` {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fuzz")

    @Test(arguments: FuzzTarget.allCases)
    func `goes well now`(target: FuzzTarget) throws {
        var count = 0
        for kind in ["Corpus", "Findings"] {
            let folder = Self.folder.appendingPathComponent(kind).appendingPathComponent(target.rawValue)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            for name in names.sorted() {
                let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
                target.run(bytes.span)
                count += 1
            }
        }
        #expect(count > 0, "no inputs for \(target.rawValue)")
    }

    /// A quick look at what no corpus holds: every input with one byte changed.
    @Test(arguments: FuzzTarget.allCases)
    func `nor do their neighbours trap`(target: FuzzTarget) throws {
        let folder = Self.folder.appendingPathComponent("Corpus").appendingPathComponent(target.rawValue)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().prefix(40) {
            let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
            for index in bytes.indices.prefix(200) {
                var changed = bytes
                changed[index] ^= UInt8(truncatingIfNeeded: 1 << (index % 8))
                target.run(changed.span)
            }
        }
    }
}
