/// From where a log goes on: what recovery leaves.
package struct LogStart: ~Copyable {
    package let store: ManifestStore
    /// Of the data set at the writer's last record.
    package let digest: UInt64
    var writer: SegmentWriter
    var mark: MarkFile

    package init(
        store: ManifestStore, writer: consuming SegmentWriter, mark: consuming MarkFile, digest: UInt64
    ) {
        self.store = store
        self.writer = writer
        self.mark = mark
        self.digest = digest
    }
}
