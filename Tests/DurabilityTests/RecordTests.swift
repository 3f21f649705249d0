import Bytes
import CacheModel
import Testing

@testable import Durability

/// An effect whose bytes live in arrays, so that a test can keep and compare it.
struct OwnedEffect: Equatable, CustomStringConvertible {
    var kind: RecordKind
    var key: [UInt8]
    var bytes: [UInt8] = []
    var fields: [UInt8] = []
    var state = EntryState(
        modifiedAt: Instant(milliseconds: 1), lifetime: .unlimited, freshUntil: .never, version: nil)
    var end = ExtendEnd.back
    var length = 0
    var reason = MissReason.deleted
    var of = Kind.keys

    init(kind: RecordKind, key: [UInt8]) {
        self.kind = kind
        self.key = key
    }

    init(_ effect: borrowing Effect) {
        defer { of = effect.kind }
        switch copy effect {
        case .put(let key, let value, let fields, let state, _):
            self.init(kind: .put, key: key.copied())
            bytes = value.copied()
            self.fields = fields.copied()
            self.state = state
        case .extend(let key, let bytes, let end, let modifiedAt, _):
            self.init(kind: .extend, key: key.copied())
            self.bytes = bytes.copied()
            self.end = end
            state.modifiedAt = modifiedAt
        case .patch(let key, let edits, let modifiedAt, _):
            self.init(kind: .patch, key: key.copied())
            bytes = edits.copied()
            state.modifiedAt = modifiedAt
        case .truncate(let key, let length, let modifiedAt, _):
            self.init(kind: .truncate, key: key.copied())
            self.length = length
            state.modifiedAt = modifiedAt
        case .lifetime(let key, let lifetime, let freshUntil, _):
            self.init(kind: .lifetime, key: key.copied())
            state.lifetime = lifetime
            state.freshUntil = freshUntil
        case .delete(let key, let reason, let at, let version, let keptUntil, _):
            self.init(kind: .delete, key: key.copied())
            self.reason = reason
            state.modifiedAt = at
            state.version = version
            state.freshUntil = keptUntil
        }
    }

    /// The effect, for as long as `body` runs.
    func with<Result, E: Error>(_ body: (borrowing Effect) throws(E) -> Result) throws(E) -> Result {
        switch kind {
        case .put: try body(.put(key: key.span, value: bytes.span, fields: fields.span, state: state, kind: of))
        case .extend:
            try body(
                .extend(key: key.span, bytes: bytes.span, end: end, modifiedAt: state.modifiedAt, kind: of))
        case .patch: try body(.patch(key: key.span, edits: bytes.span, modifiedAt: state.modifiedAt, kind: of))
        case .truncate: try body(.truncate(key: key.span, length: length, modifiedAt: state.modifiedAt, kind: of))
        case .lifetime:
            try body(.lifetime(key: key.span, lifetime: state.lifetime, freshUntil: state.freshUntil, kind: of))
        default:
            try body(
                .delete(
                    key: key.span, reason: reason, at: state.modifiedAt, version: state.version,
                    versionKeptUntil: state.freshUntil, kind: of))
        }
    }

    var description: String { "\(kind.rawValue) \(String(decoding: key, as: UTF8.self)) \(bytes.count) B \(state)" }
}

/// One row a kind and shape of effect: what is written is read.
let effectRows: [OwnedEffect] = {
    let plain = OwnedEffect(kind: .put, key: Array("greeting".utf8))
    var full = plain
    full.bytes = Array("hello, world".utf8)
    full.fields = [1, 4]
    full.state = EntryState(
        modifiedAt: Instant(milliseconds: 1_700_000_000_123),
        lifetime: Lifetime(
            expiresAt: Instant(milliseconds: 1_800_000_000_000), idle: 60_000, staleWhileRevalidate: 1000,
            staleIfError: 2000), freshUntil: Instant(milliseconds: 1_750_000_000_000), version: .max)
    var expiring = plain
    expiring.state.lifetime.expiresAt = Instant(milliseconds: -5)
    expiring.state.freshUntil = Instant(milliseconds: -5)
    var long = plain
    long.key = [UInt8](repeating: 0xFF, count: Limits.keyBytes)
    long.bytes = [UInt8](repeating: 7, count: Limits().valueBytes)
    long.fields = [UInt8](repeating: 0, count: Limits.fieldsBytes)
    var front = OwnedEffect(kind: .extend, key: [0])
    front.end = .front
    front.bytes = [1, 2, 3]
    var back = front
    back.end = .back
    var truncate = OwnedEffect(kind: .truncate, key: Array("log".utf8))
    truncate.length = 1 << 40
    var lifetime = OwnedEffect(kind: .lifetime, key: Array("session".utf8))
    lifetime.state.lifetime = full.state.lifetime
    lifetime.state.freshUntil = full.state.freshUntil
    lifetime.state.modifiedAt = plain.state.modifiedAt
    var delete = OwnedEffect(kind: .delete, key: Array("gone".utf8))
    delete.reason = .expired
    delete.state.freshUntil = delete.state.modifiedAt
    var versioned = delete
    versioned.reason = .deleted
    versioned.state.version = 12
    versioned.state.freshUntil = Instant(milliseconds: 99)
    var patch = OwnedEffect(kind: .patch, key: Array("views".utf8))
    patch.of = .counters
    var edits = IOBuffer()
    Edits.append(number: Int64.max, at: 8, to: &edits)
    Edits.append([1, 2, 3].span, at: 0, to: &edits)
    patch.bytes = edits.readable.copied()
    let states = [Kind.sessions, .counters, .limits, .boards, .topics].map { kind in
        var state = full
        state.of = kind
        return state
    }
    return [plain, full, expiring, long, front, back, truncate, lifetime, delete, versioned, patch] + states
}()

@Suite struct `Records` {
    private let time = Instant(milliseconds: 1_700_000_000_000)
    private let place = Position(epoch: 3, number: 77)

    private func record(of effect: OwnedEffect, previous: UInt32 = 5, remaining: Int = 2) -> [UInt8] {
        var buffer = IOBuffer()
        _ = effect.with { RecordFrame.append($0, at: place, remaining: remaining, to: &buffer) }
        RecordFrame.seal(
            &buffer, at: 0, previous: previous, stamp: 0, logTime: time, wallTime: time.advanced(byMilliseconds: 1))
        return buffer.readable.copied()
    }

    @Test(arguments: effectRows)
    func `an effect is read as it was written`(effect: OwnedEffect) throws {
        let bytes = record(of: effect)
        let header = try RecordHeader.read(bytes.span, at: 0, following: 5)
        #expect(header.position == place && header.remaining == 2 && header.length == bytes.count)
        #expect(header.logTime == time && header.wallTime == time.advanced(byMilliseconds: 1))
        #expect(header.kind == effect.kind)
        guard case .effect(let read) = try RecordContent.read(header, in: bytes.span, at: 0) else {
            Issue.record("no effect")
            return
        }
        #expect(OwnedEffect(read) == effect)
    }

    @Test func `every kind has a row in these tests`() {
        #expect(Set(effectRows.map(\.kind)) == Set(EffectCodings.all.map { $0.kind }))
        for coding in EffectCodings.all { #expect(EffectCodings.coding(of: coding.kind) == coding) }
    }

    @Test(arguments: [ControlRecord.mark(Position(packed: 9)), .digest(.max), .clockStep(-3_600_000)])
    func `a control record is read as it was written`(control: ControlRecord) throws {
        var buffer = IOBuffer()
        RecordFrame.append(control, at: place, to: &buffer)
        RecordFrame.seal(&buffer, at: 0, previous: 0, stamp: 0, logTime: time, wallTime: time)
        let bytes = buffer.readable.copied()
        let header = try RecordHeader.read(bytes.span, at: 0, following: 0)
        #expect(header.kind.isControl)
        guard case .control(let read) = try RecordContent.read(header, in: bytes.span, at: 0) else {
            Issue.record("no control record")
            return
        }
        #expect(read == control)
    }

    @Test func `every flipped bit is found`() {
        let bytes = record(of: effectRows[1])
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: RecordFlaw.self) { try RecordHeader.read(changed.span, at: 0, following: 5) }
        }
    }

    @Test func `every cut, zeros and a stranger's link are found`() {
        let bytes = record(of: effectRows[1])
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            #expect(throws: RecordFlaw.short) { try RecordHeader.read(cut.span, at: 0, following: 5) }
        }
        let zeros = [UInt8](repeating: 0, count: 4096)
        #expect(throws: RecordFlaw.length(0)) { try RecordHeader.read(zeros.span, at: 0, following: nil) }
        #expect(throws: RecordFlaw.link) { try RecordHeader.read(bytes.span, at: 0, following: 6) }
    }

    /// A kind of a later version and bodies that keep to no form are refused, whatever their checksum says.
    @Test func `a body that keeps to no form is refused`() throws {
        var random = SplitMix64(seed: 12)
        for effect in effectRows where effect.bytes.count < 100 {
            let bytes = record(of: effect)
            for _ in 0..<200 {
                var changed = bytes
                let index = Int(random.next() % UInt64(bytes.count - 40)) + 40
                changed[index] = UInt8(truncatingIfNeeded: random.next())
                changed = Array(changed[..<(index + Int(random.next() % UInt64(changed.count - index)) + 1)])
                let header = try resealed(&changed)
                // Whatever it is now, it is read or refused, and read the same again.
                guard case .effect(let read)? = try? RecordContent.read(header, in: changed.span, at: 0) else {
                    continue
                }
                let owned = OwnedEffect(read)
                let again = record(of: owned)
                let second = try RecordHeader.read(again.span, at: 0, following: 5)
                guard case .effect(let second) = try RecordContent.read(second, in: again.span, at: 0) else { continue }
                #expect(OwnedEffect(second) == owned)
            }
        }
        var unknown = record(of: effectRows[0])
        unknown[12] = 200
        let header = try resealed(&unknown)
        #expect(throws: RecordFlaw.kind(200)) { _ = try flaw(header, unknown) }
    }

    private func flaw(_ header: RecordHeader, _ bytes: [UInt8]) throws {
        _ = try RecordContent.read(header, in: bytes.span, at: 0)
    }

    private func resealed(_ bytes: inout [UInt8]) throws -> RecordHeader {
        var buffer = IOBuffer()
        buffer.append(bytes)
        buffer.replace(at: 4, littleEndian: UInt32(bytes.count))
        RecordFrame.seal(&buffer, at: 0, previous: 5, stamp: 0, logTime: time, wallTime: time)
        bytes = buffer.readable.copied()
        return try RecordHeader.read(bytes.span, at: 0, following: 5)
    }
}
