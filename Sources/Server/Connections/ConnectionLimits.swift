import Bytes
import Synchronization

/// How many connections there are, in all and for each client network; shared by the loops, touched only when a
/// connection comes or goes.
final class ConnectionLimits: Sendable {
    enum Admission { case admitted, full, networkFull }

    private struct State {
        var total = 0
        var networks: [PeerAddress: Int] = [:]
    }

    private let state = Mutex(State())
    private let most: Int
    private let mostPerNetwork: Int

    init(most: Int, mostPerNetwork: Int) {
        self.most = most
        self.mostPerNetwork = mostPerNetwork
    }

    /// Counts a connection in, unless there are too many. `full` is counted as well, so that it can be told.
    func admit(_ network: PeerAddress) -> Admission {
        state.withLock { state in
            let fromNetwork = state.networks[network, default: 0]
            guard fromNetwork < mostPerNetwork else { return .networkFull }
            state.networks[network] = fromNetwork + 1
            state.total += 1
            return state.total > most ? .full : .admitted
        }
    }

    func release(_ network: PeerAddress) {
        state.withLock { state in
            state.total -= 1
            let left = state.networks[network, default: 1] - 1
            state.networks[network] = left == 0 ? nil : left
        }
    }
}
