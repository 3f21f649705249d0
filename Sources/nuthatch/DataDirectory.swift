import ArgumentParser
import CacheEngine
import CacheModel
import Durability
import Posix

/// What the commands share that work on a data directory no server uses.
enum DataDirectory {
    /// The directory at a path; with `creating` it is made if it is missing.
    static func open(_ path: String, creating: Bool = false) throws -> PosixDisk {
        do throws(RecoveryError) { return try PosixDisk.open(path, creating: creating) } catch {
            throw failure("\(error)")
        }
    }

    /// Keeps servers away from a directory while it is looked through; refuses one that a server uses, and says what to
    /// do instead. Changes nothing, and goes on where locks do not work.
    static func claim(_ disk: any Disk, or advice: String) throws {
        do throws(RecoveryError) { try disk.claimForReading() } catch {
            throw failure("\(disk.path) is in use by another process: \(advice)")
        }
    }

    /// An engine without limits, to build a state in.
    static func engine(hashSecret: (UInt64, UInt64)) -> EmbeddedEngine {
        EmbeddedEngine(
            configuration: EngineConfiguration(hashSecret: hashSecret, seed: 1), completions: NoCompletions())
    }

    static func failure(_ message: String) -> ExitCode {
        complain(message)
        return .refused
    }

    /// Runs long work and tells on standard error, once a second, how far it is.
    static func report<Result>(_ progress: SnapshotProgress, during work: () throws -> Result) throws -> Result {
        let ticker = Ticker { "\(progress.phase.word): \(progress.records) records" }
        defer { ticker.stop() }
        return try work()
    }
}

/// Drops tickets: nothing waits here.
private struct NoCompletions: CompletionSink {
    func deliver(_ ticket: Ticket) {}
}
