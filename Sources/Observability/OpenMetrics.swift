import Bytes

/// Writes the OpenMetrics text form (version 1.0.0): families one after the other, each announced once.
///
/// Names and labels are literals of the program or numbers, so nothing needs an escape.
struct OpenMetrics {
    enum Kind { case counter, gauge, histogram }

    private var name: StaticString = ""
    private var kind = Kind.gauge

    /// Announces a family. Its name must lack the suffix that its samples get.
    mutating func family(_ name: StaticString, _ kind: Kind, _ help: StaticString, into out: inout IOBuffer) {
        self.name = name
        self.kind = kind
        out.append("# TYPE ")
        out.append(name)
        switch kind {
        case .counter: out.append(" counter\n")
        case .gauge: out.append(" gauge\n")
        case .histogram: out.append(" histogram\n")
        }
        out.append("# HELP ")
        out.append(name)
        out.append(" ")
        out.append(help)
        out.append("\n")
    }

    /// A sample of the family at hand without labels.
    func sample(_ value: UInt64, into out: inout IOBuffer) {
        beginSample(into: &out)
        out.append(" ")
        out.append(decimal: value)
        out.append("\n")
    }

    /// A sample with one label.
    func sample(_ value: UInt64, _ label: StaticString, _ text: StaticString, into out: inout IOBuffer) {
        beginSample(into: &out)
        out.append("{")
        Self.label(label, text, into: &out)
        out.append("} ")
        out.append(decimal: value)
        out.append("\n")
    }

    /// The sample's name with the suffix its kind asks for.
    func beginSample(into out: inout IOBuffer) {
        out.append(name)
        if kind == .counter { out.append("_total") }
    }

    static func label(_ name: StaticString, _ text: StaticString, into out: inout IOBuffer) {
        out.append(name)
        out.append("=\"")
        out.append(text)
        out.append("\"")
    }

    /// Nanoseconds as seconds with nine decimals.
    static func seconds(nanoseconds: UInt64, into out: inout IOBuffer) {
        out.append(decimal: nanoseconds / 1_000_000_000)
        out.append(".")
        var unit: UInt64 = 100_000_000
        while unit > 0 {
            out.append(0x30 &+ UInt8(truncatingIfNeeded: nanoseconds / unit % 10))
            unit /= 10
        }
    }
}
