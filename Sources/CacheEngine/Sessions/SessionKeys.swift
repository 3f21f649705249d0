import Bytes
import CacheModel

/// The stored keys of sessions.
///
/// ```
/// kind 1 │ 0 │ SHA-256 of the id 32     the session, or that it is no more; see SessionRecord
/// kind 1 │ 1 │ handle 16                the digest it has now 32 │ how often it was rotated 4
/// ```
/// A session and its handle change in one step of the log. A session that ends keeps its handle, which then leads to
/// what is remembered of it.
enum SessionKeys {
    static let digestKeyBytes = 2 + SessionDigest.bytes
    static let handleKeyBytes = 2 + SessionHandle.bytes

    static func append(_ digest: SessionDigest, to keys: inout IOBuffer) {
        keys.append(Kind.sessions.number)
        keys.append(0)
        digest.append(to: &keys)
    }

    static func append(_ handle: SessionHandle, to keys: inout IOBuffer) {
        keys.append(Kind.sessions.number)
        keys.append(1)
        handle.append(to: &keys)
    }

    @inline(always)
    static func isSession(_ key: RawBytes) -> Bool {
        key.count == digestKeyBytes && key.byte(0) == Kind.sessions.number && key.byte(1) == 0
    }
}

extension EmbeddedEngine {
    /// Makes the stored key in the workspace. Room for what follows it there was taken before.
    func sessionKey(_ digest: SessionDigest, in workspace: inout Workspace) -> StateKey {
        let start = workspace.keys.count
        SessionKeys.append(digest, to: &workspace.keys)
        return stateKey(RawBytes(workspace.keys.readable.extracting(start..<workspace.keys.count)))
    }

    func sessionKey(_ handle: SessionHandle, in workspace: inout Workspace) -> StateKey {
        let start = workspace.keys.count
        SessionKeys.append(handle, to: &workspace.keys)
        return stateKey(RawBytes(workspace.keys.readable.extracting(start..<workspace.keys.count)))
    }
}
