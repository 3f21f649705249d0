import Glibc

/// The value stored under a key. Its size and bytes follow from the key alone, so every run and
/// every server gets the same ones, and a reader can tell whether it got the right one.
///
/// Sizes are log-normal, as measured for caches of web pages, rows and sessions: sigma 1 and a
/// mean of 300 bytes (median 182, one in a hundred over 1.8 KB), kept within 16 bytes and 64 KiB.
struct Values {
    static let meanSize = 300.0
    static let sigma = 1.0
    static let smallest = 16
    static let largest = 65_536

    private let fixedSize: Int?
    private let filler: UnsafeMutablePointer<UInt8>

    init(fixedSize: Int?) {
        self.fixedSize = fixedSize
        let capacity = Swift.max(fixedSize ?? 0, Values.largest)
        filler = .allocate(capacity: capacity)
        var random = SplitMix(seed: 0x6E75_7468)
        for index in 0..<capacity { filler[index] = UInt8(ascii: "a") + UInt8(random.next(below: 26)) }
    }

    /// The longest value there can be.
    var largestSize: Int { fixedSize ?? Values.largest }

    @inline(__always)
    func size(of key: UInt32) -> Int {
        if let fixedSize { return fixedSize }
        return Values.logNormalSize(of: key)
    }

    /// Writes the value: the ten digits of the key where they fit, then the filler.
    @inline(__always)
    func write(_ key: UInt32, size: Int, to out: UnsafeMutablePointer<UInt8>) {
        memcpy(out, filler, size)
        if size >= KeyText.digits { KeyText.writeDigits(key, to: out) }
    }

    /// Whether these bytes are the value of `key`.
    func matches(_ key: UInt32, _ body: UnsafePointer<UInt8>, count: Int) -> Bool {
        guard count == size(of: key) else { return false }
        guard count >= KeyText.digits else { return memcmp(body, filler, count) == 0 }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: KeyText.digits) { digits in
            KeyText.writeDigits(key, to: digits.baseAddress!)
            let rest = count - KeyText.digits
            return memcmp(body, digits.baseAddress!, KeyText.digits) == 0
                && memcmp(body + KeyText.digits, filler + KeyText.digits, rest) == 0
        }
    }

    private static func logNormalSize(of key: UInt32) -> Int {
        let hash = SplitMix.mix(UInt64(key) &+ 0x9E37_79B9_7F4A_7C15)
        let first = SplitMix.unit(hash)
        let second = SplitMix.unit(SplitMix.mix(hash))
        let normal = sqrt(-2 * log(first)) * cos(2 * Double.pi * second)
        let size = exp(log(meanSize) - sigma * sigma / 2 + sigma * normal)
        return Swift.min(Swift.max(Int(size), smallest), largest)
    }
}
