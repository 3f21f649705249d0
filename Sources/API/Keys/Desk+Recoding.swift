import Bytes
import CacheModel
import Compression

extension Desk {
    /// zlib's level for values packed while a reader waits: most of the gain at a third of the work of level 6.
    private static var level: Int { 3 }

    /// Replaces the reply's value by its gzip form, or by what it inflates to.
    mutating func recode(_ form: Coding.Form) throws(Problem) {
        var coded = IOBuffer()
        swap(&coded, &scratch)
        coded.removeAll()
        defer {
            coded.removeAll(keeping: 1 << 16)
            swap(&coded, &scratch)
        }
        switch form {
        case .asStored: return
        case .gzipNow:
            guard Gzip.compress(reply.valueBytes, level: Self.level, into: &coded) else { throw .unavailable }
        case .inflateNow:
            do throws(Gzip.Failure) {
                try Gzip.inflate(reply.valueBytes, limit: api.settings.limits.valueBytes, into: &coded)
            } catch {
                // It was sound when it was stored; appending can have broken it, or made it too large.
                throw Problem(
                    .notAcceptable, "the stored gzip value cannot be inflated; accept gzip to get it as it is")
            }
        }
        reply.shared = nil
        swap(&reply.value, &coded)
    }
}
