extension Shard {
    mutating func addToOrder(_ reference: UInt32) {}
    mutating func replaceInOrder(_ old: UInt32, by new: UInt32) {}
    mutating func removeFromOrder(_ reference: UInt32) {}
}
