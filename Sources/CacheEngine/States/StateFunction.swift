import Bytes
import CacheModel

/// What is done with one state entry, as a pure function: it looks at the state that is there and says what becomes of
/// it. It may be asked again before anything is written, when making room moved entries; it then answers the same.
protocol StateFunction: ~Copyable, ~Escapable {
    /// Whether an entry whose time is over is simply written over; else it is removed first, which the log then says.
    var replacesEnded: Bool { get }

    /// Decides, and fills in what the reply shows beside outcome and entry; a new state goes into
    /// `reply.workspace.drafts`, changes of a state into `reply.workspace.edits`.
    ///
    /// - Parameter entry: nil where nothing is there. Valid only during the call.
    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision
}

extension StateFunction where Self: ~Copyable & ~Escapable {
    var replacesEnded: Bool { false }
}

/// What becomes of a state entry.
struct StateDecision {
    enum Change {
        case none
        /// The state is now these bytes of the workspace's drafts.
        case put(ByteSlice)
        /// The fields are now these bytes of the workspace's drafts, and the value what is said.
        case store(fields: ByteSlice, StoredValue)
        /// These edits of the workspace are made.
        case patch(ByteSlice)
        case delete
    }

    enum StoredValue {
        case kept
        case bytes(ByteSlice)
    }

    var change = Change.none
    /// Whether a read of the entry slides its lifetime.
    var slides = false
    /// Whether the outcome of a write is the function's own.
    var keepsOutcome = false
    /// Whether it is shorter than what it replaces, and is done also where memory is full.
    var needsNoRoom = false
    /// The lifetime from here on; nil leaves it as it is (a new entry has none).
    var times: EntryTimes?

    static let none = StateDecision()
    static let delete = StateDecision(change: .delete)

    /// All that is in the workspace's drafts is the new state.
    static func put(_ workspace: borrowing Workspace, _ times: EntryTimes? = nil) -> StateDecision {
        StateDecision(change: .put(ByteSlice(start: 0, count: workspace.drafts.count)), times: times)
    }

    /// All that is in the workspace's edits is done.
    static func patch(_ workspace: borrowing Workspace, _ times: EntryTimes? = nil) -> StateDecision {
        StateDecision(change: .patch(ByteSlice(start: 0, count: workspace.edits.count)), times: times)
    }
}

/// A state entry's stored key, `kind number │ name`, and where it belongs. The bytes lie in a workspace.
struct StateKey {
    let key: RawBytes
    let hash: UInt64
    /// The number of its shard among all shards.
    let shard: Int
}
