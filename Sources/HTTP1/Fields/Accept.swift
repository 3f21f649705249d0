import Bytes

/// A form in which an answer can be given. All names are lower case.
public struct MediaOffer: Sendable {
    public let type: StaticString
    public let subtype: StaticString
    /// The `version` parameter, where the form has one.
    public let version: StaticString?

    public init(_ type: StaticString, _ subtype: StaticString, version: StaticString? = nil) {
        self.type = type
        self.subtype = subtype
        self.version = version
    }

    public static let json = MediaOffer("application", "json")
    public static let problem = MediaOffer("application", "problem+json")
    public static let ndjson = MediaOffer("application", "x-ndjson")
    public static let gzip = MediaOffer("application", "gzip")
    public static let text = MediaOffer("text", "plain")
    public static let html = MediaOffer("text", "html")
    public static let csv = MediaOffer("text", "csv")
    public static let events = MediaOffer("text", "event-stream")
    public static let openMetrics = MediaOffer(
        "application", "openmetrics-text", version: "1.0.0")
}

/// Ranks the forms of an answer by a client's `Accept` (RFC 9110 §12.5.1).
///
/// ```swift
/// var accept = Accept(offers: 2)
/// accept.read(line, [.problem, .text])         // every line, always with the same offers
/// let chosen = accept.best                     // an index into the offers, nil: none is acceptable
/// ```
/// Of the ranges that cover an offer the most specific one gives its weight: `type/subtype` with more parameters before
/// fewer, then `type/*`, then `*/*`. The greatest weight wins, and of equal ones the earlier offer. Without a line the
/// first offer is best. A parameter narrows a range to offers that have it, except for `charset=utf-8`, which all do.
/// Malformed ranges are passed over.
public struct Accept: Sendable {
    public static let maximumOffers = 8

    private let offerCount: Int
    private var wasSent = false
    /// For each offer the best range so far: its specificity, -1 for none, and its weight.
    private var specificities = InlineArray<8, Int16>(repeating: -1)
    private var weights = InlineArray<8, Int16>(repeating: 0)

    public init(offers count: Int) {
        precondition(count >= 1 && count <= Self.maximumOffers, "1 to 8 offers can be ranked")
        offerCount = count
    }

    /// Adds one line.
    public mutating func read<let count: Int>(
        _ line: Span<UInt8>, _ offers: InlineArray<count, MediaOffer>
    ) {
        precondition(count == offerCount, "the offers changed between lines")
        wasSent = true
        var cursor = FieldCursor(line)
        cursor.skipEmptyElements()
        while !cursor.isAtEnd {
            if let range = MediaRange.take(from: &cursor) {
                for index in 0..<count { weigh(offers[index], at: index, by: range) }
            }
            cursor.skipElement()
            cursor.skipEmptyElements()
        }
    }

    private mutating func weigh(_ offer: MediaOffer, at index: Int, by range: borrowing MediaRange) {
        guard let specificity = range.specificity(for: offer) else { return }
        let known = specificities[index]
        if specificity < known || (specificity == known && range.weight <= weights[index]) { return }
        specificities[index] = specificity
        weights[index] = range.weight
    }

    /// The index of the offer the client likes best, nil when it takes none of them.
    public var best: Int? {
        guard wasSent else { return 0 }
        var best: Int?
        for index in 0..<offerCount where weights[index] > 0 {
            if let known = best, weights[known] >= weights[index] { continue }
            best = index
        }
        return best
    }

    /// The best of `offers` by a single line, or by none.
    public static func best<let count: Int>(
        of offers: InlineArray<count, MediaOffer>, by line: Span<UInt8>?
    ) -> Int? {
        var accept = Accept(offers: count)
        if let line { accept.read(line, offers) }
        return accept.best
    }
}

/// One element of `Accept`.
private struct MediaRange: ~Escapable {
    let type: Span<UInt8>
    let subtype: Span<UInt8>
    /// The `version` parameter, empty where there is none.
    let version: Span<UInt8>
    let weight: Int16
    /// True when it has a parameter that no offer of ours has.
    let isForeign: Bool

    @_lifetime(copy type, copy subtype, copy version)
    private init(
        type: Span<UInt8>, subtype: Span<UInt8>, version: Span<UInt8>, weight: Int16,
        isForeign: Bool
    ) {
        self.type = type
        self.subtype = subtype
        self.version = version
        self.weight = weight
        self.isForeign = isForeign
    }

    @_lifetime(copy cursor)
    static func take(from cursor: inout FieldCursor) -> MediaRange? {
        guard let type = cursor.token(), cursor.take(0x2F), let subtype = cursor.token() else {
            return nil
        }
        if type.equals("*") && !subtype.equals("*") { return nil }
        var version = Span<UInt8>()
        var weight = Weight.full
        var isForeign = false
        do {
            while let parameter = try cursor.parameter() {
                if parameter.name.equalsIgnoringCase("q") {
                    guard let value = Weight.parse(parameter.value) else { return nil }
                    weight = value
                } else if parameter.name.equalsIgnoringCase("version") {
                    version = parameter.value
                } else if !parameter.isUTF8Charset {
                    isForeign = true
                }
            }
        } catch {
            return nil
        }
        guard cursor.isAtEnd || cursor.current == 0x2C else { return nil }
        return MediaRange(
            type: type, subtype: subtype, version: version, weight: weight, isForeign: isForeign)
    }

    /// How closely the range describes the offer, nil when it does not cover it.
    func specificity(for offer: MediaOffer) -> Int16? {
        if isForeign { return nil }
        var specificity: Int16 = 0
        if !type.equals("*") {
            guard type.equalsIgnoringCase(offer.type) else { return nil }
            specificity = 1
            if !subtype.equals("*") {
                guard subtype.equalsIgnoringCase(offer.subtype) else { return nil }
                specificity = 2
            }
        }
        if !version.isEmpty {
            guard let offered = offer.version, version.equalsIgnoringCase(offered) else { return nil }
            specificity += 3
        }
        return specificity
    }
}

extension FieldParameter {
    fileprivate var isUTF8Charset: Bool {
        name.equalsIgnoringCase("charset") && value.equalsIgnoringCase("utf-8")
    }
}
