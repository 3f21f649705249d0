/// The figures of a run in the order they were added, for a person or as one JSON object.
struct Report {
    private enum Value {
        case number(Double)
        case integer(Int)
        case text(String)
    }

    private var rows: [(name: String, value: Value, unit: String)] = []

    mutating func add(_ name: String, _ value: Double, unit: String = "") {
        rows.append((name, .number(value), unit))
    }

    mutating func add(_ name: String, _ value: Int, unit: String = "") {
        rows.append((name, .integer(value), unit))
    }

    mutating func add(_ name: String, _ value: String) {
        rows.append((name, .text(value), ""))
    }

    mutating func add(_ prefix: String, _ histogram: Histogram) {
        let points = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)]
        for (name, fraction) in points {
            add("\(prefix)\(name)_us", Double(histogram.percentile(fraction)) / 1e3, unit: "µs")
        }
        add("\(prefix)max_us", Double(histogram.max) / 1e3, unit: "µs")
        add("\(prefix)mean_us", histogram.mean / 1e3, unit: "µs")
    }

    func print(json: Bool) { emit(json ? self.json : text) }

    private var json: String {
        let members = rows.map { row in "\(Report.quoted(row.name)): \(Report.literal(row.value))" }
        return "{" + members.joined(separator: ", ") + "}\n"
    }

    private var text: String {
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { row in
            let name = row.name + String(repeating: " ", count: width - row.name.count)
            switch row.value {
            case .text(let text): return "\(name)  \(text)\n"
            case .integer(let value): return "\(name)  \(value) \(row.unit)\n"
            case .number(let value): return "\(name)  \(Format.decimal(value)) \(row.unit)\n"
            }
        }.joined()
    }

    private static func literal(_ value: Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .integer(let value): String(value)
        case .number(let value): Format.decimal(value)
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case _ where scalar.value < 0x20: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
