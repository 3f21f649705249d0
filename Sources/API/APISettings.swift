import CacheModel

/// What the surface is told when it is built.
package struct APISettings: Sendable {
    package var limits = Limits()
    /// The longest request body, in bytes, as the server frames it.
    package var bodyLimit = 16 << 20
    /// Whether the engine keeps the ordered index: lists are then in byte order without being asked.
    package var orderedKeys = false
    /// Whether sessions may be put under ids that clients choose.
    package var sessionClientIDs = false
    package var version = "0"
    /// The OpenAPI document, as `/openapi.json` sends it.
    package var openAPI: [UInt8] = []
    /// The server listens on loopback only: `Host` must then name this machine.
    package var loopbackOnly = false
    /// What cursors into the ordered index are sealed with. The same on every node and after a restart, for such a
    /// cursor is a key and stays good; it guards against mistakes and opens nothing.
    package var cursorSecret: [UInt8] = Array("nuthatch ordered cursor".utf8)

    /// Reads a zone of the zone database; nil for a name it does not have.
    package var readZone: @Sendable ([UInt8]) -> Zone? = { _ in nil }

    package init() {}
}
