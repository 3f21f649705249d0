/// Everything that is wrong with a configuration, so that one start shows it all.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    package init(_ place: String, _ message: String) {
        self.init([ConfigurationProblem(place: place, message: message)])
    }

    /// One line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong, and where it was said.
package struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// The flag, the variable, or the file and the name in it.
    package var place: String
    package var message: String

    package init(place: String, message: String) {
        self.place = place
        self.message = message
    }

    package var description: String { "\(place): \(message)" }
}

/// A text that a setting cannot be.
package struct SettingFailure: Error, Equatable {
    package var message: String

    /// - Parameter allowed: completes the sentence "allowed is …".
    init(_ text: String, allowed: String) { message = "\(Self.quoted(text)) cannot be taken: allowed is \(allowed)" }

    /// The text in quotes, escaped and cut to a length that fits a line.
    static func quoted(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(80) { shown += scalar.escaped(asASCII: false) }
        return text.unicodeScalars.count > 80 ? "\"\(shown)…\"" : "\"\(shown)\""
    }
}
