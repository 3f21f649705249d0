import ArgumentParser
import Bytes
import Posix

/// Shows the server's figures in columns.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Print the server's figures.",
        discussion: """
            These are the samples of /metrics without the buckets of histograms. Exit codes: 0 printed, 2 refused or \
            failed.
            """)

    @Flag(help: "Show samples that are zero too.") var all = false
    @OptionGroup var client: ClientOptions

    func run() throws {
        guard let response = try client.perform(ClientRequest(target: "/metrics")) else { return }
        guard response.isSuccess else { throw refusal(response.complaint) }
        let samples = Self.samples(of: response.body).filter { all || $0.value != "0" }
        let width = samples.map(\.name.utf8.count).max() ?? 0
        for sample in samples {
            let gap = String(repeating: " ", count: width - sample.name.utf8.count + 2)
            Files.writeLine(sample.name + gap + sample.value, to: .standardOutput)
        }
    }

    /// Name with labels, and value, of each line that is a sample and no bucket.
    static func samples(of text: [UInt8]) -> [(name: String, value: String)] {
        text.split(separator: ASCII.lineFeed).compactMap { line in
            guard line.first != UInt8(ascii: "#"), let blank = line.lastIndex(of: ASCII.space) else { return nil }
            let name = String(decoding: line[..<blank], as: UTF8.self)
            let value = String(decoding: line[(blank + 1)...], as: UTF8.self)
            let metric = name.utf8.prefix { $0 != UInt8(ascii: "{") }
            if metric.suffix(7).elementsEqual("_bucket".utf8) { return nil }
            return (name.utf8.starts(with: "nuthatch_".utf8) ? String(name.dropFirst(9)) : name, value)
        }
    }
}
