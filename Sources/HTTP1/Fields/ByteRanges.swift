import Bytes

/// The byte ranges a `Range` field asks for (RFC 9110 §14.1.2, §14.2).
///
/// Positions past what 63 bits hold are taken as "beyond any value"; nothing overflows.
public struct ByteRanges: Sendable {
    /// More than this many, and the field is ignored: each would cost a part of a multipart answer.
    public static let maximumRanges = 16

    /// One range as asked for.
    public enum Spec: Sendable, Equatable {
        /// `first-last`, or `first-` with `last` at `Int64.max`.
        case span(first: Int64, last: Int64)
        /// `-length`: the last so many bytes.
        case suffix(Int64)
    }

    public private(set) var count = 0
    private var specs = InlineArray<16, Spec>(repeating: .suffix(0))

    public subscript(index: Int) -> Spec {
        precondition(index < count, "no such range")
        return specs[index]
    }

    /// Nil when the field is to be ignored: malformed, of another unit than bytes, or with too many ranges.
    public static func parse(_ field: Span<UInt8>) -> ByteRanges? {
        var cursor = FieldCursor(field.trimmingBlanks())
        guard let unit = cursor.token(), unit.equalsIgnoringCase("bytes"), cursor.take(0x3D) else {
            return nil
        }
        var ranges = ByteRanges()
        cursor.skipEmptyElements()
        while !cursor.isAtEnd {
            guard ranges.count < maximumRanges, let spec = spec(from: &cursor) else { return nil }
            ranges.specs[ranges.count] = spec
            ranges.count += 1
            cursor.skipBlanks()
            guard cursor.isAtEnd || cursor.current == 0x2C else { return nil }
            cursor.skipEmptyElements()
        }
        return ranges.count > 0 ? ranges : nil
    }

    private static func spec(from cursor: inout FieldCursor) -> Spec? {
        let first = saturatingValue(cursor.take(while: ASCII.isDigit))
        guard cursor.take(0x2D) else { return nil }
        let last = saturatingValue(cursor.take(while: ASCII.isDigit))
        guard let first else { return last.map { .suffix($0) } }
        guard let last else { return .span(first: first, last: .max) }
        return first <= last ? .span(first: first, last: last) : nil
    }

    /// The value of any number of digits, at most `Int64.max`; nil for none.
    private static func saturatingValue(_ digits: Span<UInt8>) -> Int64? {
        if digits.isEmpty { return nil }
        var value: Int64 = 0
        for index in digits.indices {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(Int64(digits[index] &- 0x30))
            if overflow || carry { return .max }
            value = sum
        }
        return value
    }
}

extension ByteRanges {
    /// What is to be sent of a representation of a certain length.
    public enum Resolution: Sendable {
        /// Everything, with 200: the ranges say nothing that 206 could say better.
        case whole
        /// 206 with these parts, at least one.
        case partial(Parts)
        /// 416.
        case unsatisfiable
    }

    /// Ranges of indices inside the representation, none empty, in the order asked for.
    public struct Parts: Sendable {
        public fileprivate(set) var count = 0
        private var ranges = InlineArray<16, Range<Int>>(repeating: 0..<0)

        public subscript(index: Int) -> Range<Int> {
            precondition(index < count, "no such part")
            return ranges[index]
        }

        fileprivate mutating func append(_ range: Range<Int>) {
            ranges[count] = range
            count += 1
        }
    }

    /// Cuts the ranges to `length`; those that begin behind the end are left out.
    ///
    /// Parts that together exceed the whole (overlapping ones, as in an attack by amplification) become `.whole`, which
    /// §14.2 allows. So does the suffix of an empty representation, which is satisfiable but has no `Content-Range`.
    public func resolve(length: Int) -> Resolution {
        var parts = Parts()
        var room = length
        for index in 0..<count {
            switch specs[index] {
            case .suffix(0): continue
            case .suffix(let suffix):
                if length == 0 { return .whole }
                parts.append(length - Int(min(suffix, Int64(length)))..<length)
            case .span(let first, let last):
                if first >= Int64(length) { continue }
                parts.append(Int(first)..<Int(min(last, Int64(length) - 1)) + 1)
            }
            let added = parts[parts.count - 1].count
            if added > room { return .whole }
            room -= added
        }
        return parts.count > 0 ? .partial(parts) : .unsatisfiable
    }
}
