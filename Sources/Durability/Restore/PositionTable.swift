import CacheModel
import Posix

/// Which positions a directory can be restored to, and when they were.
package struct PositionTable: Sendable {
    /// A place that is known without reading records.
    package struct Row: Sendable, Equatable {
        package var position: Position
        package var time: Instant
        /// What lies there: a snapshot, or the end of a segment.
        package var name: String

        package init(position: Position, time: Instant, name: String) {
            self.position = position
            self.time = time
            self.name = name
        }
    }

    package let rows: [Row]

    /// Snapshots and the ends of closed segments from the manifest, and the end of the log from its last segment.
    package init(_ manifest: Manifest, on disk: any Disk) throws(RecoveryError) {
        var rows = manifest.snapshots.map { Row(position: $0.position, time: $0.logTime, name: $0.name) }
        for segment in manifest.segments {
            guard let closing = segment.closing, closing.last >= segment.first else { continue }
            rows.append(Row(position: closing.last, time: closing.lastTime, name: segment.name))
        }
        let reader = LogReader(disk: disk, manifest: manifest)
        if let end = try reader.moment(at: Instant(milliseconds: .max)), let last = manifest.segments.last {
            let row = Row(position: end.last, time: end.lastTime, name: last.name)
            if last.closing == nil, end.last >= last.first { rows.append(row) }
        }
        self.rows = rows.sorted { ($0.position, $0.name) < ($1.position, $1.name) }
    }
}
