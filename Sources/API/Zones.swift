import Bytes
import CacheModel

/// Time zones, read from the zone database when first needed.
extension Desk {
    /// Whether the zone is at hand from now on; false for one that the database does not have.
    mutating func takeZone(_ name: [UInt8]) -> Bool {
        if zones.find(name) != nil { return true }
        guard let zone = api.settings.readZone(name) else { return false }
        zones.add(zone)
        return true
    }

    /// Takes the zone the engine asked for; false when there is none like it.
    mutating func takeMissingZone() -> Bool {
        guard case .needsZone = reply.outcome else { return false }
        return takeZone(reply.value.readable.copied())
    }
}
