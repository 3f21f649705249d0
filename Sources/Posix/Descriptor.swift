/// Owns one file descriptor and closes it once.
package struct Descriptor: ~Copyable, Sendable {
    package let raw: Int32

    /// Takes ownership of an open descriptor.
    package init(owning raw: Int32) { self.raw = raw }

    deinit { Syscalls.close(raw) }

    /// Closes it now; else the end of its life does.
    package consuming func close() {}
}
