/// The version this tree builds.
package enum ProductVersion {
    package static let text = "0.1.0"
}
