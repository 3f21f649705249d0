import Bytes
import COpenSSL

/// Bytes nobody can foresee, from the library's generator, which the kernel seeds.
package enum SecureRandom {
    /// Traps when the generator fails: nothing that needs a secret may go on without one.
    ///
    /// Unsafe: the C function fills exactly `count` bytes of an array made for it.
    package static func bytes(_ count: Int) -> [UInt8] {
        precondition(count >= 0 && count <= 1 << 20, "a secret is short")
        return [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            guard count == 0 || RAND_bytes(target.baseAddress, Int32(count)) == 1 else {
                fatalError("the random generator failed")
            }
            filled = count
        }
    }

    /// Appends so many bytes: for secrets, which a buffer can be told to overwrite and an array cannot.
    ///
    /// Unsafe: the C function fills the first `count` bytes of the room that the buffer made for them.
    package static func append(_ count: Int, to out: inout IOBuffer) {
        precondition(count >= 0 && count <= 1 << 20, "a secret is short")
        _ = out.append(minimum: count) { target in
            guard count == 0 || RAND_bytes(target.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(count)) == 1
            else { fatalError("the random generator failed") }
            return count
        }
    }

    package static func word() -> UInt64 {
        bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
