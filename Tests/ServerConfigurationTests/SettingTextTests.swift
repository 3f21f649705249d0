import Testing

@testable import Server

@Suite struct `Texts of settings` {
    @Test(arguments: [
        ("0", 0), ("1", 1), ("1000b", 1000), ("2kb", 2048), ("2KiB", 2048), ("3mb", 3 << 20), ("64MB", 64 << 20),
        ("5gb", 5 << 30), ("1tib", 1 << 40),
    ])
    func `sizes`(text: String, expected: Int) throws {
        #expect(try SettingText.bytes(text, in: 0...(1 << 50)) == expected)
    }

    @Test(arguments: [
        "", "kb", "-1", "+1", "1.5gb", "1 kb", "1k", "99999999999999999999gb", "9999999tb", "0x10", "1_000",
        "12parsecs",
    ])
    func `what is no size`(text: String) {
        #expect(throws: SettingFailure.self) { try SettingText.bytes(text, in: 0...(1 << 50)) }
    }

    @Test(arguments: [("500ms", 500), ("5s", 5000), ("5", 5000), ("1m", 60_000), ("2h", 7_200_000), ("1d", 86_400_000)])
    func `durations`(text: String, milliseconds: Int) throws {
        #expect(try SettingText.duration(text, in: .zero...Duration.seconds(86_400)) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "s", "-5s", "5 s", "soon", "1.5s", "2d", "99999999999999999999s", "9223372036854775807d"])
    func `what is no duration of a day`(text: String) {
        #expect(throws: SettingFailure.self) { try SettingText.duration(text, in: .zero...Duration.seconds(86_400)) }
    }

    @Test(arguments: ["-1", "+80", "65536", "http", "", " 1", "١", "99999999999999999999"])
    func `what is no port`(text: String) {
        #expect(throws: SettingFailure.self) { try SettingText.number(text, in: 0...65_535) }
    }

    @Test func `what is refused is shown escaped and cut`() {
        let failure = SettingFailure("a\u{1B}[31m\n" + String(repeating: "x", count: 100), allowed: "nothing")
        #expect(failure.message.hasPrefix(#""a\u{1B}[31m\nxxx"#) && failure.message.utf8.count < 150)
    }

    @Test func `each setting has a name of its own and a place in the file, the flags and the environment`() {
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
        #expect(Setting.named("max-memory")?.flag == "--max-memory")
        #expect(Setting.named("max-memory")?.variable == "NUTHATCH_MAX_MEMORY")
    }
}
