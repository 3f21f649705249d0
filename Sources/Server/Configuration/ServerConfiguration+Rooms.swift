import CacheModel
import HTTP1

/// The settings as the other rooms take them.
extension ServerConfiguration {
    package var httpLimits: HTTPLimits {
        var http = HTTPLimits()
        http.requestLine = limits.requestLine
        http.fieldBytes = limits.headerBytes
        http.fields = min(limits.headerFields, RequestHead.fieldCapacity)
        http.body = limits.bodySize
        return http
    }

    package var dataLimits: Limits {
        var data = Limits()
        data.valueBytes = limits.valueSize
        return data
    }

    /// Where a file of the log ends. A start holds some three of them beside the data, which must fit where a server
    /// with a memory limit lives: so a thirty-second of that at most, but for a megabyte.
    var segmentBytes: Int {
        maxMemory > 0 ? min(keeping.segmentSize, max(1 << 20, maxMemory / 32)) : keeping.segmentSize
    }

    /// From where on a freed block goes back to the system, in bytes: where memory is short, blocks that are a small
    /// part of it already, since those that lie between others are what it loses (decision 0035).
    var largeBlockBytes: Int {
        let usual = 128 << 10
        return maxMemory > 0 ? min(usual, max(64 << 10, maxMemory / 4096)) : usual
    }

    /// How much may wait to be written to the log before changes are held, in bytes. The log has as much in hand while
    /// it writes, so with a memory limit it is a sixteenth of that, but for four megabytes.
    var logQueueBytes: Int {
        let most = 256 << 20
        return maxMemory > 0 ? min(most, max(4 << 20, maxMemory / 16)) : most
    }

    package var drainTimeoutMilliseconds: Int64 { timeouts.drain.milliseconds }
    package var firstByteTimeoutMilliseconds: Int64 { timeouts.firstByte.milliseconds }
    package var idleTimeoutMilliseconds: Int64 { timeouts.idle.milliseconds }
    package var headTimeoutMilliseconds: Int64 { timeouts.head.milliseconds }
    package var bodyTimeoutMilliseconds: Int64 { timeouts.body.milliseconds }
    package var writeTimeoutMilliseconds: Int64 { timeouts.write.milliseconds }
}
