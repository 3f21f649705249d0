import Bytes

/// JSON as a tree of enums, and both patches written down as their RFCs say them: slow, and easy to believe.
indirect enum PlainJSON: Equatable {
    /// A string, a number or a word, as its text.
    case scalar(String)
    case array([PlainJSON])
    case object([Member])

    struct Member: Equatable {
        var name: String
        var value: PlainJSON
    }

    var text: String {
        switch self {
        case .scalar(let text): text
        case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\"\($0.name)\":\($0.value.text)" }.joined(separator: ",") + "}"
        }
    }

    // MARK: RFC 7396 §2

    static func merge(_ target: PlainJSON?, _ patch: PlainJSON) -> PlainJSON {
        guard case .object(let changes) = patch else { return patch }
        var members: [Member] = []
        if case .object(let old)? = target { members = old }
        for change in changes {
            let place = members.firstIndex { $0.name == change.name }
            if change.value == .scalar("null") {
                if let place { members.remove(at: place) }
            } else if let place {
                members[place].value = merge(members[place].value, change.value)
            } else {
                members.append(Member(name: change.name, value: merge(nil, change.value)))
            }
        }
        return .object(members)
    }

    // MARK: RFC 6902 §4

    struct Impossible: Error {}

    func value(at path: ArraySlice<String>) throws -> PlainJSON {
        guard let token = path.first else { return self }
        switch self {
        case .object(let members):
            guard let member = members.first(where: { $0.name == token }) else { throw Impossible() }
            return try member.value.value(at: path.dropFirst())
        case .array(let elements):
            guard let index = Int(token), index < elements.count else { throw Impossible() }
            return try elements[index].value(at: path.dropFirst())
        case .scalar: throw Impossible()
        }
    }

    /// The document with the container around a place changed.
    private func changed(
        _ path: ArraySlice<String>, _ change: (PlainJSON, String) throws -> PlainJSON
    ) throws -> PlainJSON {
        guard path.count > 1, let token = path.first else { return try change(self, path.first ?? "") }
        switch self {
        case .object(var members):
            guard let place = members.firstIndex(where: { $0.name == token }) else { throw Impossible() }
            members[place].value = try members[place].value.changed(path.dropFirst(), change)
            return .object(members)
        case .array(var elements):
            guard let index = Int(token), index < elements.count else { throw Impossible() }
            elements[index] = try elements[index].changed(path.dropFirst(), change)
            return .array(elements)
        case .scalar: throw Impossible()
        }
    }

    func adding(_ value: PlainJSON, at path: ArraySlice<String>) throws -> PlainJSON {
        if path.isEmpty { return value }
        return try changed(path) { container, token in
            switch container {
            case .object(var members):
                if let place = members.firstIndex(where: { $0.name == token }) {
                    members[place].value = value
                } else {
                    members.append(Member(name: token, value: value))
                }
                return .object(members)
            case .array(var elements):
                guard let index = token == "-" ? elements.count : Int(token), index <= elements.count else {
                    throw Impossible()
                }
                elements.insert(value, at: index)
                return .array(elements)
            case .scalar: throw Impossible()
            }
        }
    }

    func removing(_ path: ArraySlice<String>) throws -> PlainJSON {
        if path.isEmpty { throw Impossible() }
        return try changed(path) { container, token in
            switch container {
            case .object(let members):
                guard members.contains(where: { $0.name == token }) else { throw Impossible() }
                return .object(members.filter { $0.name != token })
            case .array(var elements):
                guard let index = Int(token), index < elements.count else { throw Impossible() }
                elements.remove(at: index)
                return .array(elements)
            case .scalar: throw Impossible()
            }
        }
    }

    func replacing(_ path: ArraySlice<String>, with value: PlainJSON) throws -> PlainJSON {
        _ = try self.value(at: path)
        if path.isEmpty { return value }
        return try changed(path) { container, token in
            switch container {
            case .object(let members):
                return .object(members.map { $0.name == token ? Member(name: token, value: value) : $0 })
            case .array(var elements):
                elements[Int(token)!] = value
                return .array(elements)
            case .scalar: throw Impossible()
            }
        }
    }

    // MARK: Chance

    /// A value of few names and few scalars, so that patches often meet what is there.
    static func random(_ random: inout SplitMix64, depth: Int = 3, width: Int = 4) -> PlainJSON {
        switch random.next() % (depth == 0 ? 3 : 6) {
        case 0: return .scalar("\(random.next() % 3)")
        case 1: return .scalar(random.next() % 2 == 0 ? "\"x\"" : "true")
        case 2: return .scalar(random.next() % 3 == 0 ? "null" : "\"\"")
        case 3:
            let count = Int(random.next() % UInt64(width))
            return .array((0..<count).map { _ in PlainJSON.random(&random, depth: depth - 1, width: width) })
        default: return object(&random, depth: depth, width: width)
        }
    }

    static func object(_ random: inout SplitMix64, depth: Int, width: Int) -> PlainJSON {
        var members: [Member] = []
        for _ in 0..<Int(random.next() % UInt64(width)) {
            let name = "n\(random.next() % UInt64(width))"
            guard !members.contains(where: { $0.name == name }) else { continue }
            members.append(Member(name: name, value: PlainJSON.random(&random, depth: depth - 1, width: width)))
        }
        return .object(members)
    }

    /// A place that is likely, but not sure, to be there.
    func place(_ random: inout SplitMix64) -> [String] {
        switch self {
        case .scalar: return []
        case .array(let elements):
            if random.next() % 4 == 0 { return [random.next() % 2 == 0 ? "-" : "\(elements.count)"] }
            guard let element = elements.randomElement(using: &random) else { return [] }
            let index = elements.firstIndex(of: element)!
            return random.next() % 5 == 0 ? [] : ["\(index)"] + element.place(&random)
        case .object(let members):
            if random.next() % 4 == 0 { return ["n\(random.next() % 6)"] }
            guard let member = members.randomElement(using: &random) else { return [] }
            return random.next() % 5 == 0 ? [] : [member.name] + member.value.place(&random)
        }
    }
}
