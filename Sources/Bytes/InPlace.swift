import Synchronization

/// Has the value that holds it passed by its address, always.
///
/// A call that only borrows a noncopyable value gets it by address only where the compiler takes it to be bound to its
/// place; any other large value is first copied whole, field by field or by `memcpy`, on every such call (as of Swift
/// 6.3: the pass that lowers large loadable types). An atomic is bound to its place, and so is what holds one. This one
/// is never looked at and takes a byte.
public struct InPlace: ~Copyable, Sendable {
    private let anchor = Atomic<UInt8>(0)

    public init() {}
}
