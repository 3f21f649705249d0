import Durability

/// All settings of a server. A value made without arguments holds the documented defaults.
///
/// ``ConfigurationLoader`` makes one from flags, environment and file; `SettingTable.swift` names each setting, says
/// what it may be and where it goes.
package struct ServerConfiguration: Sendable, Equatable {
    /// The address to listen on: a literal or a name.
    package var host = "127.0.0.1"
    /// 0 picks a free port.
    package var port: UInt16 = 8379
    /// Event loops; 0 means one per core the process may run on.
    package var loops = 0

    /// What entries may take, in bytes; 0 means no limit.
    package var maxMemory = 0
    package var eviction = EvictionSetting.s3FIFO
    /// Keeps keys in byte order too, for ordered listings.
    package var orderedKeys = false

    package var keeping = KeepingSettings()

    package var tokens = TokenSettings()
    /// Listens beyond loopback although no token is configured.
    package var insecure = false
    package var accessLog = false
    /// Sessions may be put under ids that clients choose.
    package var sessionClientIDs = false

    package var timeouts = TimeoutSettings()
    package var limits = LimitSettings()

    package init() {}
}

/// What is kept on disk, and how surely.
package struct KeepingSettings: Sendable, Equatable {
    /// The directory of log and snapshots; empty: nothing is kept.
    package var directory = ""
    package var fsync = FsyncPolicy.everysec
    package var logFailure = LogFailureSetting.exit
    /// Refuse to start when acknowledged records are missing at the end of the log.
    package var strictTail = false
    /// Where a segment of the log ends, in bytes.
    package var segmentSize = 64 << 20
    /// Between two snapshots; zero for none by time.
    package var snapshotEvery = Duration.seconds(3600)
    /// Bytes of log behind which a snapshot is made before its time; 0 for none by growth.
    package var snapshotGrowth = 4 << 30
    /// zlib's level, 0 to 9.
    package var snapshotLevel = 1
    /// Snapshots to keep at least.
    package var snapshotKeep = 3
    /// Whether one is made when the server stops.
    package var snapshotAtStop = true
    /// How far back a restore can go.
    package var restoreWindow = Duration.seconds(86_400)
    /// The directory that closed segments and snapshots are copied to; empty: they are not.
    package var archiveDirectory = ""
    /// How long a segment that holds records stays open at most; zero until it is full.
    package var archiveEvery = Duration.seconds(60)

    package init() {}
}

/// What a server does when its log has failed.
package enum LogFailureSetting: String, Sendable, CaseIterable {
    /// It ends with status 1.
    case exit
    /// It goes on answering reads of what was durable before.
    case readOnly = "read-only"
}

/// How long the server waits for what.
package struct TimeoutSettings: Sendable, Equatable {
    /// After a signal to stop: for requests in flight.
    package var drain = Duration.seconds(10)
    /// On a new connection: for its first byte.
    package var firstByte = Duration.seconds(5)
    /// Between two requests of a connection.
    package var idle = Duration.seconds(60)
    /// From the first byte of a head to its end.
    package var head = Duration.seconds(10)
    /// For a whole body.
    package var body = Duration.seconds(300)
    /// For a client that takes nothing of its answer.
    package var write = Duration.seconds(30)

    package init() {}
}

/// How much a client may ask for.
package struct LimitSettings: Sendable, Equatable {
    /// Open connections; 0 means the soft descriptor limit without a reserve of 64.
    package var connections = 0
    /// Open connections of one IPv4 address or IPv6 /64 network.
    package var connectionsPerAddress = 1024
    /// In bytes: a fully escaped key of 4 KiB takes 12 KiB.
    package var requestLine = 16 << 10
    /// All field lines of a head together, in bytes.
    package var headerBytes = 16 << 10
    package var headerFields = 100
    /// One value, in bytes.
    package var valueSize = 8 << 20
    /// One request body, in bytes.
    package var bodySize = 16 << 20

    package init() {}
}

extension Duration {
    /// Whole milliseconds; what is left of one is dropped.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
