import Bytes
import CacheModel
import Durability
import HTTP1
import JSON

extension SnapshotStatus {
    /// Whether it has still to be made, or to be rehearsed.
    var isInTheMaking: Bool {
        switch state {
        case .waiting, .running, .rehearsing: true
        case .complete, .failed: false
        }
    }

    /// Appends it as an object. The id is a string, as all that is not counted with.
    func append(json: inout JSONWriter, into out: inout IOBuffer) {
        json.beginObject(into: &out)
        json.member("id", string: Array(String(id).utf8).span, into: &out)
        json.member("state", string: word, into: &out)
        if let entry { append(entry, json: &json, into: &out) }
        if state == .running {
            json.member("phase", string: phase.word, into: &out)
            json.member("entries", unsigned: records, into: &out)
            json.member("bytes", unsigned: bytes, into: &out)
        }
        if let failure { json.member("failure", string: Array(failure.utf8).span, into: &out) }
        json.endObject(into: &out)
    }

    private var word: StaticString {
        switch state {
        case .waiting: "waiting"
        case .running: "running"
        case .rehearsing: "rehearsing"
        case .complete: "complete"
        case .failed: "failed"
        }
    }

    private func append(_ entry: SnapshotEntry, json: inout JSONWriter, into out: inout IOBuffer) {
        json.member("position", string: Array(entry.position.text.utf8).span, into: &out)
        append("time", entry.logTime, json: &json, into: &out)
        append("made_at", entry.madeAt, json: &json, into: &out)
        json.member("entries", unsigned: entry.entries, into: &out)
        json.member("bytes", integer: entry.length, into: &out)
        json.member("digest", string: Array(entry.digest.hexText.utf8).span, into: &out)
        json.member("crc32c", string: Array(entry.checksum.hexText.utf8).span, into: &out)
        json.member("rehearsed", bool: state == .complete, into: &out)
        json.member("verifying", bool: isVerifying, into: &out)
        if let verifiedAt { append("verified_at", verifiedAt, json: &json, into: &out) }
    }

    private func append(_ name: StaticString, _ time: Instant, json: inout JSONWriter, into out: inout IOBuffer) {
        var text = IOBuffer()
        RFC3339.append(milliseconds: time.milliseconds, into: &text)
        json.member(name, string: text.readable, into: &out)
    }
}
