/// Why the value of a field, or of a parameter with a grammar like one, cannot be taken.
public enum FieldError: Error, Sendable, Equatable {
    /// It does not fit the grammar.
    case malformed
    /// It fits, but lists more than the limit.
    case tooMany
    /// It says two different things.
    case contradictory
}
