import Bytes
import CacheModel
import Synchronization
import Testing

@testable import API

/// A log that takes changes, or does not, as the test says.
private final class Gate: ChangeGate {
    let state = Mutex(ChangeAdmission.open)
    var admission: ChangeAdmission { state.withLock { $0 } }
    var figures: LogFigures { LogFigures() }

    func become(_ admission: ChangeAdmission) { state.withLock { $0 = admission } }
}

@Suite struct `Callers that a limit holds until their turn comes` {
    private let gate = Gate()
    private let waiting = "POST /v1/limits/slow/ada?wait=2s"
    private let other = "POST /v1/limits/other/bob?quota=1&window=60s"

    private func surface() throws -> Surface {
        let surface = try Surface()
        surface.api.openData = OpenData(engine: surface.engine, gate: gate)
        let policy = #"{"quota":10,"window":"1s","burst":1}"#
        #expect(surface.send("PUT /v1/limits/slow", "Content-Type: application/json", text: policy).status == 201)
        #expect(surface.send("POST /v1/limits/slow/ada").status == 200)
        surface.send(waiting)
        guard case .parked = surface.disposition else {
            Issue.record("the caller was not held")
            return surface
        }
        return surface
    }

    @Test func `what was granted is said when the turn has come, and must be in the log then`() throws {
        let surface = try surface()
        #expect(surface.again(.deadline, waiting).status == 200)
        #expect(surface.worker.horizon != .none)
    }

    @Test func `what was granted stays so when the disk has become full meanwhile`() throws {
        let surface = try surface()
        gate.become(.full)
        #expect(surface.again(.deadline, waiting).status == 200)
    }

    @Test func `what was granted to a caller that left is not told to the next`() throws {
        let surface = try surface()
        #expect(surface.send(other).status == 200)
        gate.become(.held)
        surface.send(other)
        guard case .held = surface.disposition else {
            Issue.record("the request did not wait for the disk")
            return
        }
        gate.become(.open)
        #expect(surface.again(.deadline, other).status == 429)
    }

    @Test func `a turn begins when the disk takes changes again, not when it was asked for`() throws {
        let surface = try surface()
        gate.become(.held)
        for resumption in [Resumption.fresh, .admitted] {
            surface.again(resumption, waiting)
            guard case .held = surface.disposition else {
                Issue.record("the request did not wait for the disk when it was \(resumption)")
                return
            }
        }
        gate.become(.open)
        surface.again(.admitted, waiting)
        guard case .parked = surface.disposition else {
            Issue.record("the caller was not held until its turn")
            return
        }
        gate.become(.held)
        #expect(surface.again(.awakened, other).status == 503)
    }
}
