/// Where the sweep for ended entries is.
struct ExpirySweep {
    var cursor = 1
}
