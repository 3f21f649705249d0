/// Keys in byte order (being built).
struct OrderedIndex {
    var bytes: Int { 0 }
    func checkInvariants(count: Int) {}
}
