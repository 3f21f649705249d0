import Durability
import HTTP1

/// Every setting, in the order of the documents. Ranges are wide: they keep out what cannot work, not what is unwise.
extension Setting {
    package static let all: [Setting] = listening + memory + keeping + access + timeouts + limits

    static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

    private static let listening: [Setting] = [
        Setting(name: "host", isSwitch: false, defaultText: ServerConfiguration().host) {
            configuration, text throws(SettingFailure) in
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw SettingFailure(text, allowed: "an IPv4 or IPv6 address or a host name")
            }
            configuration.host = text
        },
        Setting(name: "port", isSwitch: false, defaultText: String(ServerConfiguration().port)) {
            configuration, text throws(SettingFailure) in
            configuration.port = UInt16(try SettingText.number(text, in: 0...65_535))
        },
        // A ticket has eight bits for its loop.
        .automatic("loops", \.loops, in: 1...256),
    ]

    private static let memory: [Setting] = [
        .bytes("max-memory", \.maxMemory, in: 0...(1 << 50)),
        .choice("eviction", \.eviction),
        .toggle("ordered-keys", \.orderedKeys),
    ]

    private static let keeping: [Setting] = [
        .directory("data-dir", \.keeping.directory),
        .choice("fsync", \.keeping.fsync),
        .choice("log-failure", \.keeping.logFailure),
        .toggle("strict-tail", \.keeping.strictTail),
        // Below, a segment is mostly header and preparation; above, offsets in messages get unwieldy.
        .bytes("log-segment-size", \.keeping.segmentSize, in: (64 << 10)...(1 << 30)),
        .duration("snapshot-every", \.keeping.snapshotEvery, in: .zero...Duration.seconds(30 * 86_400)),
        .bytes("snapshot-growth", \.keeping.snapshotGrowth, in: 0...(1 << 50)),
        .number("snapshot-level", \.keeping.snapshotLevel, in: 0...9),
        .number("snapshot-keep", \.keeping.snapshotKeep, in: 1...1000),
        .toggle("snapshot-at-stop", \.keeping.snapshotAtStop),
        .duration("restore-window", \.keeping.restoreWindow, in: .zero...Duration.seconds(3650 * 86_400)),
        .directory("archive-dir", \.keeping.archiveDirectory),
        .duration("archive-every", \.keeping.archiveEvery, in: .zero...aDay),
    ]

    private static let access: [Setting] = [
        Setting(name: "token-file", isSwitch: false, defaultText: "") { configuration, text throws(SettingFailure) in
            guard !text.isEmpty else { throw SettingFailure(text, allowed: "the path of a file") }
            configuration.tokens.file = text
        },
        .toggle("insecure", \.insecure),
        .toggle("access-log", \.accessLog),
        .toggle("session-client-ids", \.sessionClientIDs),
    ]

    private static let aDay = Duration.seconds(86_400)

    private static let timeouts: [Setting] = [
        .duration("drain-timeout", \.timeouts.drain, in: .zero...aDay),
        .duration("first-byte-timeout", \.timeouts.firstByte, in: .milliseconds(10)...aDay),
        .duration("idle-timeout", \.timeouts.idle, in: .milliseconds(10)...aDay),
        .duration("head-timeout", \.timeouts.head, in: .milliseconds(10)...aDay),
        .duration("body-timeout", \.timeouts.body, in: .milliseconds(10)...aDay),
        .duration("write-timeout", \.timeouts.write, in: .milliseconds(10)...aDay),
    ]

    private static let limits: [Setting] = [
        .automatic("max-connections", \.limits.connections, in: 1...1_000_000),
        .number("max-connections-per-address", \.limits.connectionsPerAddress, in: 1...1_000_000),
        // Line and fields share one buffer a connection: 128 KiB of head is what a stranger may make it hold.
        .bytes("max-request-line", \.limits.requestLine, in: 256...(64 << 10)),
        .bytes("max-header-bytes", \.limits.headerBytes, in: 256...(64 << 10)),
        .number("max-header-fields", \.limits.headerFields, in: 1...RequestHead.fieldCapacity),
        .bytes("max-value-size", \.limits.valueSize, in: 1...(1 << 30)),
        .bytes("max-body-size", \.limits.bodySize, in: 1...(1 << 30)),
    ]
}
