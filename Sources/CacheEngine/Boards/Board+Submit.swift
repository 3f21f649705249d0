import Bytes
import CacheModel

/// Submissions and removals of members.
extension Board {
    /// What became of a change: done and answered, or so many bytes of memory are missing.
    enum Step {
        case done
        case missing(Int)
    }

    func submit(_ submission: borrowing BoardSubmission, _ reply: inout Reply) -> Step {
        if let refusal = refusal(of: submission) {
            reply.board.outcome = refusal
            return .done
        }
        let name = RawBytes(submission.member)
        let reference = current(name)
        let old = reference.map { season.members.state($0) }
        guard var new = draft(old, submission) else {
            reply.board.outcome = .outOfBounds
            reply.board.previous = old?.total.scores
            return .done
        }
        notePrevious(old, name, &reply)
        let meta = submission.meta.isEmpty ? nil : RawBytes(submission.meta)
        let keepsMeta = meta == nil || reference.map { season.members.meta($0).equals(meta ?? .empty) } ?? false
        let groups = newGroups(old, submission)
        let isChanged = reference == nil || new != old || !keepsMeta || groups != nil
        guard isChanged, let leaver = makePlace(reference, new, name) else {
            describe(name, isChanged: false, &reply)
            return .done
        }
        let need = 4096 + season.members.layout.bytes(name: name.count, days: new.days.count, meta: meta?.count ?? 0)
        guard context.pointee.account.hasRoom(for: need), season.members.hasRoom else { return .missing(need) }
        apply(submission, reference, from: old, to: &new, groups, meta, leaver)
        reply.written = lastPosition
        describe(name, isChanged: true, &reply)
        account()
        return .done
    }

    /// A member of the open season, brought up to date with the days; nil when there is none of this name.
    func current(_ name: RawBytes) -> UInt32? {
        guard let reference = season.members.find(name) else { return nil }
        if season.horizon == 0 || season.members.settledDay(reference) == season.days.today { return reference }
        season.settle(reference) { recordDeparture(of: $0) }
        return season.members.find(name)
    }

    /// Why a submission cannot be taken, by the board's settings.
    private func refusal(of submission: borrowing BoardSubmission) -> BoardOutcome? {
        if submission.scores.count != settings.columns.count { return .wrongColumns(settings.columns.count) }
        for index in submission.groups.indices {
            if declared(submission.groups[index], submission.groupBytes) == nil { return .undeclaredGroup }
        }
        guard let wanted = submission.season, wanted != season.number else { return nil }
        return wanted < season.number ? .seasonClosed : .seasonAhead
    }

    private func declared(_ value: BoardGroupValue, _ bytes: Span<UInt8>) -> Int? {
        let name = bytes.extracting(value.name)
        return settings.groups.firstIndex { $0.span.equals(name) }
    }

    /// The member's state behind the submission, its groups still as they were and what is new reached at a position to
    /// come; nil when it is out of bounds.
    private func draft(_ old: MemberState?, _ submission: borrowing BoardSubmission) -> MemberState? {
        let scores = submission.scores
        var new =
            old
            ?? MemberState(
                position: 0, total: Mark(scores: scores, reached: Self.toCome),
                groups: [UInt32](repeating: 0, count: settings.groups.count))
        new.settledDay = season.days.today
        if submission.isExact {
            setExactly(&new, old, scores)
            return new
        }
        guard let total = season.rules.updated(old?.total, by: scores, at: Self.toCome),
            isWithinBounds(old?.total.scores, scores, total.scores)
        else { return nil }
        new.total = total
        guard season.horizon > 0 else { return new }
        let today = new.days.last.flatMap { $0.day == season.days.today ? $0.mark : nil }
        guard let mark = season.rules.updated(today, by: scores, at: Self.toCome) else { return nil }
        if today != nil { new.days.removeLast() }
        new.days.append(DayMark(day: season.days.today, mark: mark))
        return new
    }

    /// Every window is to show exactly these scores.
    private func setExactly(_ new: inout MemberState, _ old: MemberState?, _ scores: BoardScores) {
        let mark = Mark(scores: scores, reached: Self.toCome)
        let isSo =
            old?.total.scores == scores
            && (season.horizon == 0
                || old?.days.count == 1 && old?.days[0].day == season.days.today
                    && old?.days[0].mark.scores == scores)
        guard !isSo else { return }
        if new.total.scores != scores { new.total = mark }
        if season.horizon > 0 { new.days = [DayMark(day: season.days.today, mark: mark)] }
    }

    /// Stands for the position that the change will be given.
    private static var toCome: UInt64 { .max }

    /// The bounds hold for what is submitted, or for sums for what comes of it; the delta for the change of the first
    /// column. A member's first score is no change, but for sums, which begin with 0.
    private func isWithinBounds(_ old: BoardScores?, _ given: BoardScores, _ new: BoardScores) -> Bool {
        let judged = settings.update == .sum ? new[0] : given[0]
        if let minimum = settings.minimum, judged < minimum { return false }
        if let maximum = settings.maximum, judged > maximum { return false }
        guard let most = settings.maximumDelta else { return true }
        guard let from = old?[0] ?? (settings.update == .sum ? 0 : nil) else { return true }
        let (delta, overflow) = new[0].subtractingReportingOverflow(from)
        return !overflow && delta.magnitude <= most.magnitude
    }

    /// The groups' values where the submission changes some; nil where it changes none.
    private func newGroups(_ old: MemberState?, _ submission: borrowing BoardSubmission) -> [RawBytes?]? {
        var values = [RawBytes?](repeating: nil, count: settings.groups.count)
        var changes = false
        for index in submission.groups.indices {
            guard let declared = declared(submission.groups[index], submission.groupBytes) else { continue }
            let value = RawBytes(submission.groupBytes.extracting(submission.groups[index].value))
            let number = value.isEmpty ? 0 : season.groups.find(declared, value)
            if old == nil ? value.isEmpty : number == old?.groups[declared] { continue }
            values[declared] = value
            changes = true
        }
        return changes ? values : nil
    }

    // MARK: Size

    /// Who leaves for a new member where the board is full: nil inside for nobody; nil for the new one itself, which is
    /// worse than all.
    private func makePlace(_ reference: UInt32?, _ new: MemberState, _ name: RawBytes) -> Leaver? {
        guard let most = settings.mostMembers, reference == nil, season.members.count >= most else {
            return Leaver(reference: nil)
        }
        guard let main = season.standing(settings.mainWindow),
            let place = main.whole.order.place(at: main.whole.count - 1)
        else { return Leaver(reference: nil) }
        let worst = main.whole.order.key(at: place)
        let key = season.rules.key(new.total, name: name)
        for word in 0..<RankKey.most where worst[word] != key[word] {
            return worst[word] > key[word] ? Leaver(reference: main.whole.order.reference(at: place)) : nil
        }
        let holder = main.whole.order.reference(at: place)
        return season.members.name(holder).compare(name) > 0 ? Leaver(reference: holder) : nil
    }

    struct Leaver { var reference: UInt32? }

    // MARK: Applying

    /// Gives the change its position and makes it.
    private func apply(
        _ submission: borrowing BoardSubmission, _ reference: UInt32?, from old: MemberState?,
        to new: inout MemberState, _ groups: [RawBytes?]?, _ meta: RawBytes?, _ leaver: Leaver
    ) {
        let name = RawBytes(submission.member)
        var run = takePositions(leaver.reference == nil ? 1 : 2)
        let position = run.take()
        stamp(&new, position)
        if let groups { join(groups, &new) }
        season.change(reference, from: old, to: new, name: name, meta: meta)
        if let old, groups != nil { leave(old.groups) } else if groups != nil { leave([]) }
        if context.pointee.hasReader, let now = season.members.find(name) {
            rows.putMember(name, new, meta: season.members.meta(now), in: season, of: self.name)
            record(
                at: position, remaining: run.left, replacing: old.map { Position(packed: $0.position) })
        }
        if let leaving = leaver.reference { remove(leaving, &run) }
    }

    /// What is new was reached now.
    private func stamp(_ state: inout MemberState, _ position: Position) {
        state.position = position.packed
        if state.total.reached == Self.toCome { state.total.reached = position.packed }
        if let last = state.days.indices.last, state.days[last].mark.reached == Self.toCome {
            state.days[last].mark.reached = position.packed
        }
    }

    /// Joins the new groups before the old ones are left, so that a group both are is not forgotten between.
    private func join(_ values: [RawBytes?], _ new: inout MemberState) {
        for declared in values.indices {
            if let value = values[declared] {
                new.groups[declared] = value.isEmpty ? 0 : season.groups.join(declared, value)
            } else {
                season.groups.join(new.groups[declared])
            }
        }
    }

    private func leave(_ groups: [UInt32]) {
        for group in groups { _ = season.groups.leave(group) }
    }

    func remove(_ reference: UInt32, _ run: inout PositionRun) {
        let position = run.take()
        if context.pointee.hasReader {
            rows.deleteMember(season.members.name(reference), season: season.number, of: name)
            record(
                at: position, remaining: run.left, replacing: Position(packed: season.members.position(reference)))
        }
        season.remove(reference)
    }

    /// Removes a member.
    func withdraw(_ member: Span<UInt8>, _ reply: inout Reply) {
        guard let reference = season.members.find(RawBytes(member)) else {
            reply.board.outcome = .noMember
            return
        }
        var run = takePositions(1)
        remove(reference, &run)
        reply.written = lastPosition
        reply.board.outcome = .removed
        account()
    }
}
