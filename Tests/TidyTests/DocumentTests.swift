import Foundation
import Testing

/// Documents that repeat what code says agree with it.
@Suite struct `Documents agree with the code` {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: SourceTree.root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func `the version is told the same everywhere`() throws {
        let version = try #require(
            try text("Sources/Server/ProductVersion.swift").firstMatch(of: #/"(\d+\.\d+\.\d+)"/#)?.output.1)
        #expect(try text("openapi/openapi.yaml").contains("\n  version: \(version)\n"))
    }

    @Test func `every problem is on the page of problems`() throws {
        let page = try text("docs/errors.md")
        let kinds = try text("Sources/API/Problems/ProblemKind.swift")
        let slugs = kinds.matches(of: #/: \("([a-z-]+)", /#).map(\.output.1)
        #expect(slugs.count > 20)
        for slug in slugs { #expect(page.contains("`\(slug)`"), "\(slug)") }
    }

    @Test func `every decision is in their list`() throws {
        let list = try text("docs/decisions/README.md")
        let folder = SourceTree.root.appendingPathComponent("docs/decisions").path
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "README.md" {
            #expect(list.contains("(\(name))"), "\(name)")
        }
    }

    @Test(arguments: ["README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/decisions/README.md"])
    func `links lead somewhere`(page: String) throws {
        let folder = SourceTree.root.appendingPathComponent(page).deletingLastPathComponent()
        for link in try text(page).matches(of: #/\]\(([^)#]+)[)#]/#).map(\.output.1) where !link.hasPrefix("http") {
            let target = folder.appendingPathComponent(String(link)).path
            #expect(FileManager.default.fileExists(atPath: target), "\(page): \(link)")
        }
    }
}
