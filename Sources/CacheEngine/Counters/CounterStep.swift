import Bytes
import CacheModel

/// Adding to a counter: from the state that is there to the one that follows.
struct CounterStep {
    let add: CounterAdd
    let now: Instant
    let zones: ZoneSet

    /// What was found out besides the state's change.
    struct Result {
        var answer = CounterAnswer()
        var decision = StateDecision.none
        /// The zone that is missing, where the outcome says so.
        var zone: [UInt8] = []
        /// What is kept beside the count.
        var settings: CounterSettings?
    }

    /// - Parameter wantsSettings: for those who go on to uniques and items.
    func run(_ entry: Entry?, wantsSettings: Bool, _ workspace: inout Workspace) -> Result {
        guard let entry else { return create(wantsSettings: wantsSettings, &workspace) }
        guard let state = CounterState(entry.value.span) else {
            return refusal(.miss(.lost), value: 0, entry)
        }
        if let wish = add.wish, !wish.agrees(with: state.settings) {
            return refusal(.settingsDiffer, value: state.value, entry)
        }
        let bounds = (state.minimum ?? .min)...(state.maximum ?? .max)
        guard let value = Self.sum(state.value, add.by, bounds, state.overflow) else {
            return refusal(.outOfBounds, value: state.value, entry)
        }
        var result = Result()
        guard let zone = zones.find(state.zoneName) else {
            result = refusal(.needsZone, value: state.value, entry)
            result.zone = state.zoneName.copied()
            return result
        }
        result.answer.value = value
        result.answer.applied = value &- state.value
        result.answer.freshUntil = entry.state.freshUntil
        if wantsSettings { result.settings = state.settings }
        var times: EntryTimes?
        if add.mode == .extend, let ttl = add.ttl {
            times = Self.ending(in: ttl, now)
            result.answer.freshUntil = Instant(milliseconds: times?.freshUntil ?? .max)
        }
        change(state, to: result.answer, zone, times, &result, &workspace)
        return result
    }

    private func refusal(_ outcome: Outcome, value: Int64, _ entry: Entry?) -> Result {
        var result = Result()
        result.answer.outcome = outcome
        result.answer.value = value
        if let entry { result.answer.freshUntil = entry.state.freshUntil }
        return result
    }

    /// The sum as bounds and overflow have it; nil where it is refused.
    static func sum(
        _ value: Int64, _ by: Int64, _ bounds: ClosedRange<Int64>, _ overflow: CounterOverflow
    ) -> Int64? {
        let (sum, passed) = value.addingReportingOverflow(by)
        if !passed && bounds.contains(sum) { return sum }
        switch overflow {
        case .reject: return nil
        case .saturate:
            // Never backwards: a value outside stays where it is rather than jump the other way.
            let stop = by > 0 ? bounds.upperBound : bounds.lowerBound
            return by > 0 ? max(value, stop) : min(value, stop)
        case .wrap: return wrapped(value, by, bounds)
        }
    }

    private static func wrapped(_ value: Int64, _ by: Int64, _ bounds: ClosedRange<Int64>) -> Int64 {
        let (width, all) = UInt64(bitPattern: bounds.upperBound &- bounds.lowerBound).addingReportingOverflow(1)
        if all { return value &+ by }
        let place = UInt64(bitPattern: value &- bounds.lowerBound) % width
        let step = by.magnitude % width
        let moved: UInt64
        if by >= 0 {
            moved = place >= width - step && step > 0 ? place - (width - step) : place + step
        } else {
            moved = place >= step ? place - step : place + (width - step)
        }
        return bounds.lowerBound &+ Int64(bitPattern: moved)
    }

    static func ending(in milliseconds: Int64, _ now: Instant) -> EntryTimes {
        EntryTimes(Lifetime(expiresAt: now.advanced(byMilliseconds: milliseconds)), at: now)
    }

    // MARK: A new counter

    private func create(wantsSettings: Bool, _ workspace: inout Workspace) -> Result {
        let settings = add.wish?.settings ?? CounterSettings()
        let bounds = settings.lowest...settings.highest
        let initial = add.initial ?? min(max(0, settings.lowest), settings.highest)
        guard bounds.contains(initial), let value = Self.sum(initial, add.by, bounds, settings.overflow) else {
            return refusal(.outOfBounds, value: initial, nil)
        }
        var result = Result()
        guard let zone = zones.find(settings.zone) else {
            result = refusal(.needsZone, value: 0, nil)
            result.zone = settings.zone
            return result
        }
        result.answer.outcome = .created
        result.answer.value = value
        result.answer.applied = value &- initial
        result.settings = wantsSettings ? settings : nil
        var times: EntryTimes?
        if add.mode != .keep, let ttl = add.ttl {
            times = Self.ending(in: ttl, now)
            result.answer.freshUntil = Instant(milliseconds: times?.freshUntil ?? .max)
        }
        let start = workspace.drafts.count
        CounterState.append(value: value, settings, flags: flags, to: &workspace.drafts)
        let editor = StateEditor(draftAt: start)
        if !settings.windows.isEmpty { countFirst(from: start, zone, result.answer.applied, editor, &workspace) }
        result.decision = editor.decision(workspace, times)
        return result
    }

    /// What the call makes of the counter beside its value.
    private var flags: CounterState.Flags {
        var flags: CounterState.Flags = []
        if add.unique != nil { flags.insert(.uniques) }
        if add.item != nil { flags.insert(.items) }
        return flags
    }

    private func countFirst(
        from start: Int, _ zone: Zone, _ applied: Int64, _ editor: StateEditor, _ workspace: inout Workspace
    ) {
        let rings = Self.rings(in: workspace.drafts.readable.extracting(start..<workspace.drafts.count))
        for ring in rings {
            let step = RingStep(ring, bucket: ring.window.bucket(at: now, zone))
            step.write(before: 0, adding: applied, editor, &workspace)
        }
    }

    static func rings(in bytes: Span<UInt8>) -> [CounterState.Ring] {
        guard let state = CounterState(bytes) else { return [] }
        return (0..<state.windowCount).map { state.ring($0) }
    }

    // MARK: A counter that is there

    private func change(
        _ state: CounterState, to answer: CounterAnswer, _ zone: Zone, _ times: EntryTimes?, _ result: inout Result,
        _ workspace: inout Workspace
    ) {
        var steps: [RingStep] = []
        for index in 0..<state.windowCount {
            let ring = state.ring(index)
            steps.append(RingStep(ring, bucket: ring.window.bucket(at: now, zone)))
        }
        let hasGrown = steps.contains { $0.room > $0.ring.room }
        let editor: StateEditor
        if hasGrown {
            let start = workspace.drafts.count
            Self.appendGrown(state, rooms: steps.map(\.room), to: &workspace.drafts)
            editor = StateEditor(draftAt: start)
            let rings = Self.rings(in: workspace.drafts.readable.extracting(start..<workspace.drafts.count))
            for index in rings.indices { steps[index] = RingStep(rings[index], bucket: steps[index].bucket) }
        } else {
            editor = StateEditor(of: state.bytes, in: &workspace)
        }
        editor.set(answer.value, at: 0, in: &workspace)
        let flags = state.flags.union(flags)
        if flags != state.flags { editor.set(flags.rawValue, at: CounterState.flagsOffset, in: &workspace) }
        for index in steps.indices {
            let before = state.count(in: state.ring(index), steps[index].bucket)
            steps[index].write(before: before, adding: answer.applied, editor, &workspace)
        }
        result.decision = editor.decision(workspace, times)
    }

    /// Appends the state with rings of other rooms, what they hold included.
    static func appendGrown(_ state: CounterState, rooms: [Int], to out: inout IOBuffer) {
        let start = out.count
        CounterState.append(value: state.value, state.settings, flags: state.flags, rooms: rooms, to: &out)
        let grown = rings(in: out.readable.extracting(start..<out.count))
        let editor = DraftWriter(start: start)
        for index in grown.indices {
            let old = state.ring(index)
            editor.copy(old, of: state, to: grown[index], in: &out)
        }
    }
}

/// Copies rings into a draft.
struct DraftWriter {
    let start: Int

    func copy(
        _ old: CounterState.Ring, of state: CounterState, to new: CounterState.Ring, in out: inout IOBuffer
    ) {
        guard old.used > 0 else { return }
        let used = min(old.used, new.room)
        put(UInt32(used), at: new.markOffset, in: &out)
        put(old.newest, at: new.markOffset + 4, in: &out)
        var bucket = old.newest - Int64(used) + 1
        while bucket <= old.newest {
            put(state.count(in: old, bucket), at: new.offset(of: bucket), in: &out)
            bucket += 1
        }
    }

    private func put<Number: FixedWidthInteger & BitwiseCopyable>(
        _ number: Number, at offset: Int, in out: inout IOBuffer
    ) {
        var rest = number
        for index in 0..<Number.bitWidth / 8 {
            out[start + offset + index] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
    }
}
