enum Version {
    /// Semantic versioning; grows with the entry in `CHANGELOG.md`.
    static let text = "0.1.0"
}
