/// Where a run of bytes lies inside a larger one: eight bytes that can be kept where a span cannot.
public struct ByteSlice: Sendable, Equatable {
    public var start: Int32
    public var count: Int32

    public init(start: Int, count: Int) {
        self.start = Int32(start)
        self.count = Int32(count)
    }

    public init(_ range: Range<Int>) { self.init(start: range.lowerBound, count: range.count) }

    public static let empty = ByteSlice(start: 0, count: 0)

    public var end: Int { Int(start) + Int(count) }
    public var isEmpty: Bool { count == 0 }
    public var range: Range<Int> { Int(start)..<end }
}

extension Span where Element == UInt8 {
    /// The bytes a slice names; traps when the slice lies outside.
    @inline(always)
    @_lifetime(copy self)
    public func extracting(_ slice: ByteSlice) -> Span<UInt8> { extracting(slice.range) }
}
