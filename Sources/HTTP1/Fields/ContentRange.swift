import Bytes

/// The value of `Content-Range` (RFC 9110 §14.4).
public enum ContentRange {
    /// Appends `bytes 0-9/100`; the range must not be empty.
    public static func append(
        _ range: Range<Int>, ofLength length: Int, into buffer: inout IOBuffer
    ) {
        precondition(!range.isEmpty, "an empty range has no Content-Range")
        buffer.append("bytes ")
        buffer.append(decimal: range.lowerBound)
        buffer.append(0x2D)
        buffer.append(decimal: range.upperBound - 1)
        buffer.append(0x2F)
        buffer.append(decimal: length)
    }

    /// Appends `bytes */100`, for a 416.
    public static func appendUnsatisfied(ofLength length: Int, into buffer: inout IOBuffer) {
        buffer.append("bytes */")
        buffer.append(decimal: length)
    }
}
