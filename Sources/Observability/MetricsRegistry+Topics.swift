import Bytes
import CacheModel

extension MetricsRegistry {
    /// Topics and streams.
    func append(_ topics: TopicStatistics, into out: inout IOBuffer) {
        var metrics = OpenMetrics()
        metrics.family("nuthatch_subscribers", .gauge, "Streams of events open now.", into: &out)
        metrics.sample(sumLoops { $0.subscribers.value }, into: &out)
        metrics.family("nuthatch_events_published", .counter, "Events published.", into: &out)
        metrics.sample(topics.published, into: &out)
        metrics.family(
            "nuthatch_events_repeated", .counter, "Publications answered by the first of the same dedup.", into: &out)
        metrics.sample(topics.repeated, into: &out)
        metrics.family("nuthatch_events_delivered", .counter, "Events given to streams.", into: &out)
        metrics.sample(sumLoops { $0.delivered.value }, into: &out)
        metrics.family(
            "nuthatch_events_conflated", .counter, "Events held back for a reader that wants the newest.", into: &out)
        metrics.sample(sumLoops { $0.conflated.value }, into: &out)
        metrics.family("nuthatch_subscribers_dropped", .counter, "Streams closed for a slow reader.", into: &out)
        metrics.sample(sumLoops { $0.dropped.value }, into: &out)
        metrics.family("nuthatch_gaps", .counter, "Readers told that events are missing.", into: &out)
        metrics.sample(topics.gaps, into: &out)
        metrics.family("nuthatch_topics", .gauge, "Topics known.", into: &out)
        metrics.sample(topics.topics, into: &out)
        metrics.family("nuthatch_topics_declared", .gauge, "Topics with a history or a last value.", into: &out)
        metrics.sample(topics.declaredTopics, into: &out)
        metrics.family("nuthatch_history_bytes", .gauge, "Bytes of histories and last values.", into: &out)
        metrics.sample(topics.historyBytes, into: &out)
        metrics.family("nuthatch_recent_bytes", .gauge, "Bytes of events of undeclared topics.", into: &out)
        metrics.sample(topics.recentBytes, into: &out)
        metrics.family("nuthatch_members", .gauge, "Members present in topics.", into: &out)
        metrics.sample(topics.members, into: &out)
    }
}
