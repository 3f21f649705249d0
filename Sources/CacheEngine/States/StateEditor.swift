import Bytes
import CacheModel

/// Collects changes of a state: small states are written anew, large ones changed in places.
struct StateEditor {
    /// Up to this many bytes a whole state in the log costs less than naming its changes.
    private static let whole = 64

    /// Where the draft starts in the workspace's drafts; nil when edits are collected.
    private let draft: Int?
    private let start: Int

    /// Changes what is there.
    init(of state: Span<UInt8>, in workspace: inout Workspace) {
        if state.count <= Self.whole {
            draft = workspace.drafts.count
            start = workspace.drafts.count
            workspace.drafts.append(state)
        } else {
            draft = nil
            start = workspace.edits.count
        }
    }

    /// Goes on with a draft that starts at `start` of the workspace's drafts and is their last.
    init(draftAt start: Int) {
        draft = start
        self.start = start
    }

    func set<Number: FixedWidthInteger & BitwiseCopyable>(
        _ number: Number, at offset: Int, in workspace: inout Workspace
    ) {
        guard let draft else { return Edits.append(number: number, at: offset, to: &workspace.edits) }
        var rest = number
        for index in 0..<Number.bitWidth / 8 {
            workspace.drafts[draft + offset + index] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
    }

    func set(_ bytes: Span<UInt8>, at offset: Int, in workspace: inout Workspace) {
        guard let draft else { return Edits.append(bytes, at: offset, to: &workspace.edits) }
        workspace.drafts.replace(at: draft + offset, with: bytes)
    }

    func decision(_ workspace: borrowing Workspace, _ times: EntryTimes?) -> StateDecision {
        if draft != nil {
            let slice = ByteSlice(start: start, count: workspace.drafts.count - start)
            return StateDecision(change: .put(slice), times: times)
        }
        let slice = ByteSlice(start: start, count: workspace.edits.count - start)
        return StateDecision(change: slice.isEmpty ? .none : .patch(slice), times: times)
    }
}
