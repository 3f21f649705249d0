import Synchronization

/// Where the log stands, for other threads than the one that writes it.
final class LogPlaceBoard: Sendable {
    private let place: Mutex<LogPlace>

    init(_ place: LogPlace) { self.place = Mutex(place) }

    var current: LogPlace {
        get { place.withLock { $0 } }
        set { place.withLock { $0 = newValue } }
    }
}
