import Bytes
import HTTP1

/// Some of the known methods.
struct MethodSet: OptionSet, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ method: Method) { rawValue = 1 << UInt16(method.rawValue) }

    static let get = MethodSet(.get)
    static let head = MethodSet(.head)
    static let put = MethodSet(.put)
    static let post = MethodSet(.post)
    static let delete = MethodSet(.delete)
    static let patch = MethodSet(.patch)
    static let query = MethodSet(.query)
    static let options = MethodSet(.options)

    func contains(_ method: Method) -> Bool { contains(MethodSet(method)) }

    /// Appends the names with commas between them, as `Allow` wants them (RFC 9110 §10.2.1).
    func append(to out: inout IOBuffer) {
        var isFirst = true
        for method in Method.allCases where contains(method) {
            if !isFirst { out.append(", ") }
            isFirst = false
            out.append(method.name)
        }
    }
}
