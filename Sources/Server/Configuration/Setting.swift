import Bytes

/// One setting: its name, what it may be and where it goes.
///
/// A setting `max-memory` is the flag `--max-memory`, the variable `NUTHATCH_MAX_MEMORY` and the member `max-memory` of
/// the configuration file.
package struct Setting: Sendable {
    package let name: String
    /// True for a setting that is on or off: as a flag it takes no value.
    package let isSwitch: Bool
    /// The default in the form in which a person writes it.
    package let defaultText: String
    /// Parses a text into its place.
    let apply: @Sendable (inout ServerConfiguration, String) throws(SettingFailure) -> Void

    package var flag: String { "--" + name }
    package var variable: String { Self.variable(of: name) }

    static func variable(of name: String) -> String {
        let bytes = name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 & ~0x20 }
        return "NUTHATCH_" + String(decoding: bytes, as: UTF8.self)
    }

    typealias Place<Value> = any WritableKeyPath<ServerConfiguration, Value> & Sendable

    private static let defaults = ServerConfiguration()

    static func toggle(_ name: String, _ place: Place<Bool>) -> Setting {
        Setting(name: name, isSwitch: true, defaultText: String(defaults[keyPath: place])) {
            configuration, text throws(SettingFailure) in
            configuration[keyPath: place] = try SettingText.boolean(text)
        }
    }

    static func number(_ name: String, _ place: Place<Int>, in range: ClosedRange<Int>) -> Setting {
        Setting(name: name, isSwitch: false, defaultText: String(defaults[keyPath: place])) {
            configuration, text throws(SettingFailure) in
            configuration[keyPath: place] = try SettingText.number(text, in: range)
        }
    }

    /// A number that the server finds by itself where `auto` is said; ``ServerConfiguration`` keeps 0 then.
    static func automatic(_ name: String, _ place: Place<Int>, in range: ClosedRange<Int>) -> Setting {
        Setting(name: name, isSwitch: false, defaultText: "auto") { configuration, text throws(SettingFailure) in
            if text == "auto" {
                configuration[keyPath: place] = 0
            } else {
                do {
                    configuration[keyPath: place] = try SettingText.number(text, in: range)
                } catch {
                    throw SettingFailure(
                        text, allowed: "auto, or a whole number from \(range.lowerBound) to \(range.upperBound)")
                }
            }
        }
    }

    /// One of the words that a type knows.
    static func choice<Value: CaseIterable & RawRepresentable<String> & Sendable>(
        _ name: String, _ place: Place<Value>
    ) -> Setting {
        Setting(name: name, isSwitch: false, defaultText: defaults[keyPath: place].rawValue) {
            configuration, text throws(SettingFailure) in
            guard let value = Value(rawValue: text) else {
                let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
                throw SettingFailure(text, allowed: "one of \(words)")
            }
            configuration[keyPath: place] = value
        }
    }

    static func directory(_ name: String, _ place: Place<String>) -> Setting {
        Setting(name: name, isSwitch: false, defaultText: "") { configuration, text throws(SettingFailure) in
            guard !text.isEmpty else { throw SettingFailure(text, allowed: "the path of a directory") }
            configuration[keyPath: place] = text
        }
    }

    static func bytes(_ name: String, _ place: Place<Int>, in range: ClosedRange<Int>) -> Setting {
        Setting(name: name, isSwitch: false, defaultText: SettingText.byteText(defaults[keyPath: place])) {
            configuration, text throws(SettingFailure) in
            configuration[keyPath: place] = try SettingText.bytes(text, in: range)
        }
    }

    static func duration(
        _ name: String, _ place: Place<Duration>, in range: ClosedRange<Duration>
    ) -> Setting {
        Setting(name: name, isSwitch: false, defaultText: SettingText.durationText(defaults[keyPath: place])) {
            configuration, text throws(SettingFailure) in
            configuration[keyPath: place] = try SettingText.duration(text, in: range)
        }
    }
}
