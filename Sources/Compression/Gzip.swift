import Bytes
import CZlib

/// gzip (RFC 1952) over whole byte runs, through the system's zlib.
///
/// Every function is bounded by the caller: no input, however made, makes it write more than it was allowed.
package enum Gzip {
    package enum Failure: Error, Sendable, Equatable {
        /// Not gzip, damaged, cut short, or followed by bytes that are not gzip.
        case malformed
        /// Larger than the limit, or so much larger than what was sent that it can only be an attack.
        case tooLarge
    }

    /// Past `guardedFrom` bytes of output more than `ratio` bytes a byte of input are refused: honest text stays far
    /// below, an archive bomb reaches 1000.
    package static let ratio = 100
    package static let guardedFrom = 1 << 20

    /// How much is inflated at a time.
    static let step = 64 << 10
    /// Window bits 15, plus 16 for the gzip form.
    static let gzipWindow: Int32 = 15 + 16

    /// True when `produced` bytes out of `consumed` are more than may be believed.
    static func isImplausible(produced: Int, from consumed: Int) -> Bool {
        produced > guardedFrom && produced / ratio > consumed
    }
}
