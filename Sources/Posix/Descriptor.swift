/// Owns one file descriptor and closes it once.
public struct Descriptor: ~Copyable, Sendable {
    public let raw: Int32

    /// Takes ownership of an open descriptor.
    public init(owning raw: Int32) { self.raw = raw }

    deinit { Syscalls.close(raw) }

    /// Closes it now; else the end of its life does.
    public consuming func close() {}
}
