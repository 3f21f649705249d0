import FuzzTargets

// What libFuzzer's `main` calls: nuthatch-fuzz TARGET [arguments of libFuzzer].

/// The target of this process, from the first argument.
private let target: FuzzTarget = {
    if CommandLine.argc > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) { return target }
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("usage: nuthatch-fuzz TARGET [arguments of libFuzzer], where TARGET is one of \(names)")
}()

/// Takes the name of the target out of the arguments, for libFuzzer would take it for a folder of inputs.
@c(LLVMFuzzerInitialize)
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    _ = target
    for index in 1..<Int(count.pointee) { arguments.pointee[index] = arguments.pointee[index + 1] }
    count.pointee -= 1
    return 0
}

@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    target.run(Span(_unsafeStart: data ?? UnsafePointer(bitPattern: 1)!, count: size))
    return 0
}
