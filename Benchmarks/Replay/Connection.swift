import Glibc

/// One connection of the driver: its buffers and the batch of requests in flight.
struct Connection {
    /// A read is never offered less room than this.
    static let readRoom = 16_384

    let descriptor: Int32
    var input = ByteBuffer(capacity: 65_536)
    var output = ByteBuffer(capacity: 4_096)
    var wantsWrite = false

    let batch: UnsafeMutablePointer<Request>
    var batchCount = 0
    var answered = 0
    var sentAt: UInt64 = 0

    /// Requests that answers of this batch asked for; they open the next batch.
    let followUps: UnsafeMutablePointer<Request>
    var followUpCount = 0
    /// Whether an answer of this batch refused what follows up.
    var wasRefused = false

    init(descriptor: Int32, depth: Int) {
        self.descriptor = descriptor
        batch = .allocate(capacity: depth)
        followUps = .allocate(capacity: depth)
    }

    func close() {
        _ = Glibc.close(descriptor)
        input.deallocate()
        output.deallocate()
        batch.deallocate()
        followUps.deallocate()
    }
}
