/// One request of the load.
struct Request {
    enum Operation { case get, put }
    var operation: Operation
    var key: UInt32
}

/// What a server said to a request.
enum Answer {
    /// The value is there; it stands at `bodyOffset` from the start of the answer.
    case hit(bodyOffset: Int, bodyCount: Int)
    case miss
    case stored
    case refused
}

enum Parsed {
    case incomplete
    case complete(Answer, consumed: Int)
    /// Bytes that are no answer of this protocol; nothing after them can be understood.
    case nonsense(StaticString)
}

/// A protocol a cache server speaks: how a request is written and an answer is read.
/// Generic code over it is specialised, so the calls cost nothing.
protocol Wire {
    /// Room that a request needs beside its value.
    var overhead: Int { get }
    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int
    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int
    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed
}
