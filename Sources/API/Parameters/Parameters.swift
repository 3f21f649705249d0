import Bytes

/// The query parameters of one request, decoded once.
///
/// Unknown, repeated and malformed ones are refused: a misspelt `tll` must never create an immortal entry.
struct Parameters: ~Copyable {
    /// The decoded values, one after the other.
    private var text = IOBuffer()
    private var given: InlineArray<24, Given> = .init(repeating: Given(parameter: .key64, value: .empty))
    private var count = 0
    /// Which were given.
    private var present: ParameterSet = []
    /// No route takes so many.
    private static let most = 24
    /// What was given once more of those that may be, in order.
    private var repeats: [Given] = []

    private struct Given {
        var parameter: Parameter
        var value: ByteSlice
    }

    /// None.
    init() {}

    /// Reads a query; nil is a request without one.
    ///
    /// - Parameters:
    ///   - repeatable: which may be given more than once.
    ///   - noted: gets the name a refusal is about, as the client spelt it.
    init(
        _ query: Span<UInt8>?, allowing allowed: ParameterSet, repeatable: ParameterSet = [], _ list: StaticString,
        noted: inout IOBuffer
    ) throws(Problem) {
        self.init()
        guard let query else { return }
        var start = 0
        while start <= query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
            // `?a=1&` and `&&`: nothing between two signs is no parameter.
            if end > start { try take(query.extracting(start..<end), allowed, repeatable, list, &noted) }
            start = end + 1
        }
    }

    private mutating func take(
        _ pair: Span<UInt8>, _ allowed: ParameterSet, _ repeatable: ParameterSet, _ list: StaticString,
        _ noted: inout IOBuffer
    ) throws(Problem) {
        let equals = pair.firstIndex(of: UInt8(ascii: "="))
        let name = pair.extracting(0..<(equals ?? pair.count))
        guard let parameter = named(name), allowed.contains(parameter) else {
            noted.removeAll()
            noted.append(name.extracting(0..<min(name.count, 64)))
            throw Problem(.badParameter, list, .notedParameter)
        }
        guard count < Self.most, repeatable.contains(parameter) || !has(parameter) else {
            throw .bad(parameter, "given twice")
        }
        let before = text.count
        let value = pair.extracting((equals.map { $0 + 1 } ?? pair.count)..<pair.count)
        guard PercentCoding.decode(value, plusIsSpace: true, into: &text) else {
            throw .bad(parameter, "a percent sign must be followed by two hexadecimal digits")
        }
        keep(parameter, ByteSlice(start: before, count: text.count - before))
    }

    private mutating func keep(_ parameter: Parameter, _ value: ByteSlice) {
        let given = Given(parameter: parameter, value: value)
        if has(parameter) { return repeats.append(given) }
        self.given[count] = given
        count += 1
        present.note(parameter)
    }

    /// The parameter a name means, its escapes undone: `%6cimit` is `limit`, and must not pass for another one.
    private mutating func named(_ name: Span<UInt8>) -> Parameter? {
        if name.firstIndex(of: UInt8(ascii: "%")) == nil { return Parameter(name) }
        let before = text.count
        defer { text.truncate(to: before) }
        guard PercentCoding.decode(name, plusIsSpace: true, into: &text) else { return nil }
        return Parameter(text.readable.extracting(before..<text.count))
    }

    /// Adds a parameter that came as a member of JSON; false when it is there already.
    mutating func add(_ parameter: Parameter, _ value: Span<UInt8>) -> Bool {
        guard !has(parameter), count < Self.most else { return false }
        keep(parameter, ByteSlice(start: text.count, count: value.count))
        text.append(value)
        return true
    }

    /// Adds one more value of a parameter that may be given more than once.
    mutating func addRepeatable(_ parameter: Parameter, _ value: Span<UInt8>) {
        let start = text.count
        text.append(value)
        keep(parameter, ByteSlice(start: start, count: value.count))
    }

    /// Calls `body` with every value of a parameter that may be given more than once, in order.
    func forEach(_ parameter: Parameter, _ body: (Span<UInt8>) throws(Problem) -> Void) throws(Problem) {
        guard let first = slice(parameter) else { return }
        try body(text.readable.extracting(first))
        for more in repeats where more.parameter == parameter { try body(text.readable.extracting(more.value)) }
    }

    @inline(__always)
    func has(_ parameter: Parameter) -> Bool { present.contains(parameter) }

    private func slice(_ parameter: Parameter) -> ByteSlice? {
        guard count > 0, has(parameter) else { return nil }
        for index in 0..<count where given[index].parameter == parameter { return given[index].value }
        return nil
    }

    var isEmpty: Bool { count == 0 }

    /// The first given that is none of these.
    func other(than few: ParameterSet) -> Parameter? {
        for index in 0..<count where !few.contains(given[index].parameter) { return given[index].parameter }
        return nil
    }

    /// The decoded value; nil when it was not given.
    subscript(_ parameter: Parameter) -> Span<UInt8>? {
        @_lifetime(borrow self)
        get {
            // Most requests have none, and are asked for many.
            if count == 0 { return nil }
            guard let slot = slice(parameter) else { return nil }
            return text.readable.extracting(slot)
        }
    }
}
