import Foundation

/// A source file of the tree, by lines.
struct SourceFile: Sendable {
    /// Relative to the repository.
    let path: String
    let lines: [String]

    /// The room a file of `Sources` belongs to.
    var room: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
}

enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let sources = swiftFiles(under: "Sources")
    static let tests = swiftFiles(under: "Tests") + swiftFiles(under: "Fuzz")
    static let benchmarks = swiftFiles(under: "Benchmarks")

    private static func swiftFiles(under folder: String) -> [SourceFile] {
        guard let paths = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path) else {
            return []
        }
        let names = paths.compactMap { $0 as? String }
        return names.filter { $0.hasSuffix(".swift") && !$0.contains("Generated/") }.sorted().map { name in
            let path = "\(folder)/\(name)"
            let text = (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return SourceFile(path: path, lines: lines.map(String.init))
        }
    }
}
