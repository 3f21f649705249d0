import Bytes

extension MetricsRegistry {
    /// Connections, bytes and the loops' own work.
    func appendLoops(into out: inout IOBuffer) {
        appendConnections(into: &out)
        var metrics = OpenMetrics()
        metrics.family("nuthatch_received_bytes", .counter, "Bytes read from clients.", into: &out)
        metrics.sample(sumLoops { $0.bytesIn.value }, into: &out)
        metrics.family("nuthatch_sent_bytes", .counter, "Bytes written to clients.", into: &out)
        metrics.sample(sumLoops { $0.bytesOut.value }, into: &out)
        metrics.family("nuthatch_parked_requests", .gauge, "Requests waiting for something to happen.", into: &out)
        metrics.sample(sumLoops { $0.parked.value }, into: &out)
        metrics.family(
            "nuthatch_late_tickets", .counter, "Completions that came after their request was gone.", into: &out)
        metrics.sample(sumLoops { $0.lateTickets.value }, into: &out)
        appendTurns(into: &out)
    }

    private func appendConnections(into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_connections_accepted", .counter, "Connections accepted.", into: &out)
        metrics.sample(sumLoops { $0.accepted.value }, into: &out)
        metrics.family("nuthatch_connections_turned_away", .counter, "Connections over a limit.", into: &out)
        metrics.sample(sumLoops { $0.turnedAway.value }, into: &out)
        metrics.family("nuthatch_connections_open", .gauge, "Connections open now.", into: &out)
        metrics.sample(sumLoops { $0.open.value }, into: &out)
        metrics.family("nuthatch_connections_closed", .counter, "Connections closed, by reason.", into: &out)
        for reason in CloseReason.allCases {
            metrics.sample(sumLoops { $0.closed(reason) }, "reason", reason.label, into: &out)
        }
        metrics.family("nuthatch_timeouts", .counter, "Deadlines that passed, by kind.", into: &out)
        for kind in TimeoutKind.allCases {
            metrics.sample(sumLoops { $0.timedOut(kind) }, "kind", kind.label, into: &out)
        }
    }

    private func appendTurns(into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_loop_turns", .counter, "Turns of an event loop.", into: &out)
        for index in 0..<loopCount {
            appendLoopSample(metrics, index, into: &out) { $0.append(decimal: $1.turns.value) }
        }
        metrics.family("nuthatch_loop_busy_seconds", .counter, "Time an event loop was not waiting.", into: &out)
        for index in 0..<loopCount {
            appendLoopSample(metrics, index, into: &out) {
                OpenMetrics.seconds(nanoseconds: $1.busyNanoseconds.value, into: &$0)
            }
        }
    }

    private func appendLoopSample(
        _ metrics: OpenMetrics, _ index: Int, into out: inout IOBuffer,
        _ value: (inout IOBuffer, LoopMetrics) -> Void
    ) {
        metrics.beginSample(into: &out)
        out.append("{loop=\"")
        out.append(decimal: index)
        out.append("\"} ")
        value(&out, loop(index))
        out.append("\n")
    }
}
