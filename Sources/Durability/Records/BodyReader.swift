import Bytes
import CacheModel

/// Why a body that passed its checksum is none: it was written by another program or on purpose.
package enum BodyFlaw: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bytes end before the form does.
    case short
    /// Bytes are left behind the end of the form.
    case long
    case unknownFlag(UInt8)
    /// A key of no or too many bytes.
    case keyLength(Int)
    case fieldsLength(Int)
    /// A number outside what it may be.
    case outOfRange(StaticString)

    package static func == (left: BodyFlaw, right: BodyFlaw) -> Bool { left.description == right.description }

    package var description: String {
        switch self {
        case .short: "the body ends too early"
        case .long: "the body goes on behind its end"
        case .unknownFlag(let flags): "the body has unknown flags (\(flags))"
        case .keyLength(let count): "the body's key has \(count) bytes"
        case .fieldsLength(let count): "the body's fields have \(count) bytes"
        case .outOfRange(let name): "the body's \(name) is out of range"
        }
    }
}

/// Takes a body apart from front to back.
struct BodyReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(BodyFlaw) -> Number {
        let size = MemoryLayout<Number>.size
        guard bytes.count - offset >= size else { throw .short }
        offset += size
        return bytes.loadLittleEndian(type, at: offset - size)
    }

    mutating func instant() throws(BodyFlaw) -> Instant { Instant(milliseconds: try number(Int64.self)) }

    /// A span of milliseconds, which is not negative.
    mutating func duration(_ name: StaticString) throws(BodyFlaw) -> Int64 {
        let value = try number(Int64.self)
        guard value >= 0 else { throw .outOfRange(name) }
        return value
    }

    @_lifetime(copy self)
    mutating func take(_ count: Int) throws(BodyFlaw) -> Span<UInt8> {
        guard count >= 0, bytes.count - offset >= count else { throw .short }
        offset += count
        return bytes.extracting(offset - count..<offset)
    }

    /// A key with its length in front.
    @_lifetime(copy self)
    mutating func key() throws(BodyFlaw) -> Span<UInt8> {
        let count = Int(try number(UInt16.self))
        guard count > 0, count <= Limits.stateNameBytes else { throw .keyLength(count) }
        return try take(count)
    }

    /// All that is left.
    @_lifetime(copy self)
    mutating func rest() -> Span<UInt8> {
        defer { offset = bytes.count }
        return bytes.extracting(offset..<bytes.count)
    }

    func end() throws(BodyFlaw) {
        guard offset == bytes.count else { throw .long }
    }
}

extension IOBuffer {
    /// Appends a key with its length in front; longer than 65,535 bytes traps (a key is shorter).
    mutating func append(key: Span<UInt8>) {
        append(littleEndian: UInt16(key.count))
        append(key)
    }
}
