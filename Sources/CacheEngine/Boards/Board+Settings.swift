import CacheModel

/// A board's own coming, changing and going.
extension Board {
    /// What a board needs at first, with its season's tables.
    static let leastBytes = 8192

    /// The settings are now what they are, from a position on.
    func recordSettings(at position: Position, remaining: Int) {
        let old = changed
        changed = position
        guard context.pointee.hasReader else { return }
        rows.putSettings(self)
        record(at: position, remaining: remaining, replacing: position == created ? nil : old)
    }

    /// Takes over the settings that may change.
    func change(to new: BoardSettings, at now: Instant) {
        guard new != settings else { return }
        let dropped = max(0, closed.count - new.keptSeasons)
        let resets = new.reset != settings.reset
        settings = new
        if resets { planEvents(from: now) }
        var run = takePositions(1 + dropped)
        recordSettings(at: run.take(), remaining: run.left)
        dropSeasons(dropped, &run)
        trim()
        account()
    }

    /// A settings row as it was read.
    func noteSettings(resetsFrom: Instant, at position: Position) {
        planEvents(from: resetsFrom)
        changed = position
        lastPosition = max(lastPosition, position)
    }

    func markRemoved() {
        isRemoved = true
        var run = takePositions(1)
        let position = run.take()
        guard context.pointee.hasReader else { return }
        rows.deleteBoard(name)
        record(at: position, remaining: 0, replacing: nil, leaving: digest)
    }

    /// Lets the worst leave until no more are left than the board may have.
    private func trim() {
        guard let most = settings.mostMembers, let main = season.standing(settings.mainWindow) else { return }
        while season.members.count > most, let place = main.whole.order.place(at: main.whole.count - 1) {
            var run = takePositions(1)
            remove(main.whole.order.reference(at: place), &run)
        }
    }
}
