import Bytes
import Posix
import Server

/// The variables this process was started with.
enum Environment {
    /// Linux allows no more for arguments and variables together by far.
    private static let sizeLimit = 64 << 20

    /// - Throws: when one of ours is not text, and when there is no `/proc`: a token overlooked would be worse.
    static func read() throws(ConfigurationError) -> [String: String] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.readAll("/proc/self/environ", limit: sizeLimit)
        } catch {
            throw ConfigurationError("environment", error.description)
        }
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            let value = entry[(equals + 1)...]
            if let text = String(validating: value, as: UTF8.self) {
                variables[name] = text
            } else if name.utf8.starts(with: "NUTHATCH_".utf8) {
                throw ConfigurationError(name, "the value is not UTF-8")
            }
        }
        return variables
    }
}
