import Bytes
import CacheModel

extension MetricsRegistry {
    /// The media type of what ``append(engine:into:)`` writes.
    public static let mediaType: StaticString = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// Appends the whole exposition.
    /// - Parameter log: nil where nothing is kept.
    public func append(
        engine: EngineStatistics, topics: TopicStatistics, log: LogFigures? = nil, version: String,
        into out: inout IOBuffer
    ) {
        out.append("# TYPE nuthatch_build info\n# HELP nuthatch_build What is running.\nnuthatch_build_info{version=\"")
        for byte in version.utf8 where byte >= 0x20 && byte != 0x22 && byte != 0x5C { out.append(byte) }
        out.append("\"} 1\n")
        appendRequests(into: &out)
        appendLookups(engine, into: &out)
        appendStore(engine, into: &out)
        append(topics, into: &out)
        appendKinds(engine, into: &out)
        appendLoops(into: &out)
        if let log { appendLog(log, into: &out) }
        out.append("# EOF\n")
    }

    private func appendLog(_ log: LogFigures, into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_log_written_position", .gauge, "The last record written.", into: &out)
        metrics.sample(log.written.number, into: &out)
        metrics.family("nuthatch_log_synced_position", .gauge, "The last record that is on the disk.", into: &out)
        metrics.sample(log.synced.number, into: &out)
        metrics.family("nuthatch_log_batches", .counter, "Batches written to the log.", into: &out)
        metrics.sample(log.batches, into: &out)
        metrics.family("nuthatch_log_bytes", .counter, "Bytes written to the log.", into: &out)
        metrics.sample(log.bytes, into: &out)
        metrics.family("nuthatch_log_syncs", .counter, "Syncs of the log.", into: &out)
        metrics.sample(log.syncs, into: &out)
        metrics.family("nuthatch_log_sync_microseconds", .counter, "Time spent in them.", into: &out)
        metrics.sample(log.syncNanoseconds / 1000, into: &out)
        metrics.family("nuthatch_log_refused_writes", .counter, "Writes that failed for want of room.", into: &out)
        metrics.sample(log.refusedWrites, into: &out)
        if let archive = log.archive { appendArchive(archive, into: &out) }
    }

    private func appendArchive(_ archive: ArchiveFigures, into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_archive_position", .gauge, "The last record that is in the archive.", into: &out)
        metrics.sample(archive.position, into: &out)
        metrics.family("nuthatch_archive_waiting_files", .gauge, "Files not archived yet.", into: &out)
        metrics.sample(UInt64(archive.waitingFiles), into: &out)
        metrics.family("nuthatch_archive_waiting_bytes", .gauge, "Their bytes.", into: &out)
        metrics.sample(UInt64(archive.waitingBytes), into: &out)
        metrics.family("nuthatch_archive_bytes", .counter, "Bytes copied to the archive.", into: &out)
        metrics.sample(archive.bytes, into: &out)
        metrics.family("nuthatch_archive_failures", .counter, "Attempts to archive that failed.", into: &out)
        metrics.sample(archive.failures, into: &out)
    }

    private func appendLookups(_ engine: EngineStatistics, into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_hits", .counter, "Reads that found their key.", into: &out)
        metrics.sample(engine.hits, into: &out)
        metrics.family("nuthatch_misses", .counter, "Reads that did not, by the reason the key is gone.", into: &out)
        for reason in MissReason.allCases where Int(reason.rawValue) < engine.misses.count {
            metrics.sample(engine.misses[Int(reason.rawValue)], "reason", reason.name, into: &out)
        }
        metrics.family("nuthatch_writes", .counter, "Changes of entries.", into: &out)
        metrics.sample(engine.writes, into: &out)
        metrics.family("nuthatch_deletes", .counter, "Entries deleted by request.", into: &out)
        metrics.sample(engine.deletes, into: &out)
        metrics.family("nuthatch_evictions", .counter, "Entries evicted to make room.", into: &out)
        metrics.sample(engine.evictions, into: &out)
        metrics.family("nuthatch_expirations", .counter, "Entries removed at the end of their lifetime.", into: &out)
        metrics.sample(engine.expirations, into: &out)
    }

    /// Entries of other kinds than keys, and what rate limits answered.
    private func appendKinds(_ engine: EngineStatistics, into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_states", .gauge, "Entries of other kinds than keys.", into: &out)
        for kind in 1..<min(Kind.count, engine.states.count) {
            metrics.sample(engine.states[kind], "kind", Kind(number: UInt8(kind)).name, into: &out)
        }
        metrics.family("nuthatch_limit_answers", .counter, "Questions to rate limits, by answer.", into: &out)
        metrics.sample(sum { $0.limitsAllowed.value }, "answer", "allowed", into: &out)
        metrics.sample(sum { $0.limitsDenied.value }, "answer", "denied", into: &out)
        metrics.sample(sum { $0.limitsShadowed.value }, "answer", "would_deny", into: &out)
    }

    private func appendStore(_ engine: EngineStatistics, into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_entries", .gauge, "Keys held.", into: &out)
        metrics.sample(engine.entries, into: &out)
        metrics.family("nuthatch_memory_used_bytes", .gauge, "Memory accounted for by the cache.", into: &out)
        metrics.sample(engine.memoryUsed, into: &out)
        metrics.family("nuthatch_memory_limit_bytes", .gauge, "Memory the cache may use, 0 for no limit.", into: &out)
        metrics.sample(engine.memoryLimit, into: &out)
        metrics.family("nuthatch_payload_bytes", .gauge, "Bytes of keys and values held.", into: &out)
        metrics.sample(engine.payload, into: &out)
        metrics.family("nuthatch_watchers", .gauge, "Keys being waited for.", into: &out)
        metrics.sample(engine.watchers, into: &out)
        metrics.family("nuthatch_leaderboards", .gauge, "Leaderboards held.", into: &out)
        metrics.sample(engine.boards, into: &out)
        metrics.family(
            "nuthatch_leaderboard_members", .gauge, "Members of leaderboards, closed seasons included.", into: &out)
        metrics.sample(engine.boardMembers, into: &out)
        metrics.family("nuthatch_sessions", .gauge, "Sessions held, by whether they live.", into: &out)
        metrics.sample(engine.sessions, "state", "live", into: &out)
        metrics.sample(engine.endedSessions, "state", "ended", into: &out)
        metrics.family("nuthatch_log_epoch", .gauge, "Epoch of the last change.", into: &out)
        metrics.sample(engine.position.epoch, into: &out)
        metrics.family("nuthatch_log_position", .gauge, "Number of the last change in its epoch.", into: &out)
        metrics.sample(engine.position.number, into: &out)
    }
}

extension MissReason {
    /// The word that headers, problems and metrics use.
    public var name: StaticString {
        switch self {
        case .never: "never"
        case .unknown: "unknown"
        case .expired: "expired"
        case .deleted: "deleted"
        case .evicted: "evicted"
        case .invalidated: "invalidated"
        case .lost: "lost"
        }
    }
}

extension Kind {
    /// The word that metrics use.
    public var name: StaticString {
        switch self {
        case .keys: "keys"
        case .sessions: "sessions"
        case .counters: "counters"
        case .limits: "limits"
        case .boards: "leaderboards"
        case .topics: "topics"
        default: "other"
        }
    }
}
