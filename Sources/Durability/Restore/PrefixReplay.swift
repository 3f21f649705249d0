import Bytes
import CacheModel

/// Applies records of the log in order up to a position, whole atomic groups only, and compares digests on the way.
struct PrefixReplay {
    let state: any DurableState
    private let end: Position?
    private let comparesDigests: Bool
    /// The last record applied, and the last that ends a group.
    private(set) var whole: LogEnd
    private(set) var records: UInt64 = 0
    private(set) var damage: RecoveryError?
    private(set) var isOver = false
    /// A group is applied when all of it is there.
    private var pending: [OwnedRecord] = []

    init(state: any DurableState, at start: LogEnd, through end: Position?, comparesDigests: Bool = true) {
        self.comparesDigests = comparesDigests
        self.state = state
        self.end = end
        whole = start
    }

    mutating func take(_ record: PlacedRecord, _ segment: SegmentEntry, _ content: borrowing RecordContent) {
        let header = record.header
        if let end, header.position > end {
            isOver = true
            return
        }
        switch copy content {
        case .effect(let effect): take(effect, header)
        case .control(.digest(let digest)):
            if comparesDigests, header.position == whole.last, digest != state.digest {
                damage = .digest(file: segment.name, offset: record.offset, position: header.position)
                isOver = true
            }
        case .control: break
        }
    }

    private mutating func take(_ effect: borrowing Effect, _ header: RecordHeader) {
        if header.remaining > 0 {
            pending.append(OwnedRecord(effect, header.position))
            return
        }
        for record in pending { record.apply(to: state) }
        state.apply(effect, at: header.position)
        records += UInt64(pending.count + 1)
        pending = []
        whole = LogEnd(last: header.position, lastTime: header.logTime)
    }
}

/// A record of a group that waits for the rest of it.
private struct OwnedRecord: Sendable {
    private let kind: RecordKind
    private let entryKind: Kind
    private let body: [UInt8]
    private let position: Position

    init(_ effect: borrowing Effect, _ position: Position) {
        var bytes = IOBuffer()
        let coding = EffectCodings.coding(of: effect)
        coding.encode(effect, into: &bytes)
        kind = coding.kind
        entryKind = effect.kind
        body = bytes.readable.copied()
        self.position = position
    }

    func apply(to state: any DurableState) {
        guard let coding = EffectCodings.coding(of: kind),
            let effect = try? coding.decode(body.span, of: entryKind)
        else {
            preconditionFailure("an effect does not read as it was written")
        }
        state.apply(effect, at: position)
    }
}
