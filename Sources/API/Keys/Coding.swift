import Bytes
import CacheModel
import HTTP1

/// In which content coding a stored value goes out (RFC 9110 §12.5.3).
///
/// | stored as | the client | goes out |
/// |---|---|---|
/// | identity, compressible, 1 KiB to 1 MiB | prefers gzip | gzip, made now |
/// | identity | else | as it is, even past a refusal of identity: there is nothing else |
/// | gzip | does not refuse it | as it is |
/// | gzip | refuses it | inflated now |
/// | another coding | takes it | as it is |
/// | another coding | does not | 406 |
struct Coding: Sendable {
    enum Form: Sendable, Equatable { case asStored, gzipNow, inflateNow }

    var form: Form
    /// The answer depends on `Accept-Encoding`.
    var varies: Bool
    /// The representation sent is the gzip one.
    var isGzip: Bool
    /// `Content-Encoding` is to be sent as stored.
    var sendsStoredCoding: Bool

    /// The shortest value worth packing: below it the fields outweigh the gain.
    static let shortest = 1 << 10
    /// The longest value packed while the loop waits: about 10 ms of work.
    static let longest = 1 << 20

    static let identity = Coding(form: .asStored, varies: false, isGzip: false, sendsStoredCoding: false)

    /// As it is stored, without asking the client: for values returned by writes.
    static func asStored(_ fields: EntityFields) -> Coding {
        Coding(form: .asStored, varies: false, isGzip: false, sendsStoredCoding: fields.contentEncoding != nil)
    }

    /// `gzip`, or its old name (RFC 9110 §8.4.1.3).
    static func isGzip(_ name: Span<UInt8>) -> Bool {
        name.equalsIgnoringCase("gzip") || name.equalsIgnoringCase("x-gzip")
    }

    /// - Throws: `notAcceptable` where the client takes none of the forms there are.
    static func choose(
        _ fields: EntityFields, in encoded: Span<UInt8>, valueCount: Int, for request: borrowing Request
    ) throws(Problem) -> Coding {
        guard let stored = fields.contentEncoding else {
            guard valueCount >= shortest, valueCount <= longest, fields.isCompressible(in: encoded) else {
                return .identity
            }
            let gzip = accepted(by: request, other: Span()).prefersGzip
            return Coding(form: gzip ? .gzipNow : .asStored, varies: true, isGzip: gzip, sendsStoredCoding: false)
        }
        let name = encoded.extracting(stored)
        let accepted = accepted(by: request, other: name)
        if isGzip(name) {
            if accepted.acceptsGzip {
                return Coding(form: .asStored, varies: true, isGzip: true, sendsStoredCoding: true)
            }
            guard accepted.acceptsIdentity else { throw notAcceptable }
            return Coding(form: .inflateNow, varies: true, isGzip: false, sendsStoredCoding: false)
        }
        guard takesAll(of: name, request) else { throw notAcceptable }
        return Coding(form: .asStored, varies: true, isGzip: false, sendsStoredCoding: true)
    }

    private static let notAcceptable = Problem(
        .notAcceptable, "the value is stored in a content coding that Accept-Encoding refuses")

    private static func accepted(by request: borrowing Request, other: Span<UInt8>) -> AcceptEncoding {
        var accepted = AcceptEncoding()
        var index = -1
        while let next = request.nextLine(of: .acceptEncoding, after: index) {
            index = next
            accepted.read(request.line(next), other: other)
        }
        return accepted
    }

    /// True when the client takes every coding of a list such as `br` or `gzip, br`.
    private static func takesAll(of list: Span<UInt8>, _ request: borrowing Request) -> Bool {
        var names = ListElements(list)
        while let name = names.next() {
            let accepted = accepted(by: request, other: name)
            if !(isGzip(name) ? accepted.acceptsGzip : accepted.acceptsOther) { return false }
        }
        return true
    }
}
