/// Where a run of bytes lies inside a larger one: eight bytes that can be kept where a span cannot.
package struct ByteSlice: Sendable, Equatable {
    package var start: Int32
    package var count: Int32

    package init(start: Int, count: Int) {
        self.start = Int32(start)
        self.count = Int32(count)
    }

    package init(_ range: Range<Int>) { self.init(start: range.lowerBound, count: range.count) }

    package static let empty = ByteSlice(start: 0, count: 0)

    package var end: Int { Int(start) + Int(count) }
    package var isEmpty: Bool { count == 0 }
    package var range: Range<Int> { Int(start)..<end }
}

extension Span where Element == UInt8 {
    /// The bytes a slice names; traps when the slice lies outside.
    @_lifetime(copy self)
    package func extracting(_ slice: ByteSlice) -> Span<UInt8> { extracting(slice.range) }
}
