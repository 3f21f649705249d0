import Foundation
import Server
import Testing

@Suite struct `The page of settings` {
    @Test func `has a row for each setting, with its default`() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count == Setting.all.count)
        for (row, setting) in zip(rows, Setting.all) {
            let standard = setting.defaultText.isEmpty ? "" : "\(setting.defaultText) "
            #expect(row.hasPrefix("| `\(setting.name)` | \(standard)|"), "\(setting.name)")
        }
    }
}
