/// Which entries leave when memory is full.
package struct EvictionPolicy: Sendable, Equatable {
    package enum Order: String, Sendable, CaseIterable {
        /// Newcomers prove themselves in a small queue before they join the main one (Yang and others, SOSP 2023).
        case s3fifo = "s3-fifo"
        /// The entry least recently used, of a sample.
        case lru
        /// The entry least often used, of a sample; use is forgotten over time.
        case lfu
        /// The entry that ends soonest, of a sample; those without an end come last.
        case ttl
        case random
        /// Nothing leaves; writes past the limit are refused.
        case none
    }

    package let order: Order
    /// Entries without a lifetime are spared.
    package let sparesUnlimited: Bool

    package init(_ order: Order, sparesUnlimited: Bool = false) {
        self.order = order
        self.sparesUnlimited = sparesUnlimited && order != .none
    }

    package static let `default` = EvictionPolicy(.s3fifo)

    private static let prefix = "volatile-"

    /// Nil for an unknown name.
    package init?(name: String) {
        let spares = name.hasPrefix(Self.prefix)
        guard let order = Order(rawValue: spares ? String(name.dropFirst(Self.prefix.count)) : name),
            !(spares && order == .none)
        else { return nil }
        self.init(order, sparesUnlimited: spares)
    }

    package var name: String { (sparesUnlimited ? Self.prefix : "") + order.rawValue }

    package static var allNames: [String] {
        Order.allCases.map(\.rawValue) + Order.allCases.filter { $0 != .none }.map { prefix + $0.rawValue }
    }
}
