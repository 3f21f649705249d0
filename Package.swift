// swift-tools-version: 6.3
import PackageDescription

/// What every target is built with. `-cross-module-optimization` lets the byte primitives of `Bytes` inline into
/// the codecs without `@inlinable` on each of them.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// For the rooms that hold no unsafe code: the compiler proves that they stay so.
let strict = common + [.strictMemorySafety()]

/// Test targets use the language as the code they test.
let tests = common

let package = Package(
    name: "nuthatch",
    products: [.executable(name: "nuthatch", targets: ["nuthatch"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // 0: bytes, the operating system, and the words of the cache
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CChecksum"),
        // The zone database, read by cctz, which is C++: one function in C in front of it.
        .target(name: "CZones", linkerSettings: [.linkedLibrary("cctz")]),
        .target(name: "Bytes", dependencies: ["CChecksum"], swiftSettings: common),
        .target(name: "Posix", dependencies: ["CLinux", "CZones", "Bytes"], swiftSettings: common),
        .target(name: "Compression", dependencies: ["CZlib", "Bytes"], swiftSettings: common),
        .target(name: "Crypto", dependencies: ["COpenSSL", "Bytes"], swiftSettings: common),
        .target(name: "CacheModel", dependencies: ["Bytes"], swiftSettings: strict),

        // 1: event loops and codecs
        .target(name: "Reactor", dependencies: ["Posix", "Bytes"], swiftSettings: common),
        .target(name: "HTTP1", dependencies: ["Bytes"], swiftSettings: strict),
        .target(name: "JSON", dependencies: ["Bytes"], swiftSettings: strict),

        // 2: the cache itself
        .target(name: "CacheEngine", dependencies: ["CacheModel", "JSON", "CLinux", "Bytes"], swiftSettings: common),
        .target(name: "PubSub", dependencies: ["CacheModel", "Bytes"], swiftSettings: strict),
        .target(name: "Observability", dependencies: ["CacheModel", "Bytes"], swiftSettings: strict),
        .target(
            name: "Durability", dependencies: ["CacheModel", "Posix", "Compression", "Crypto", "Bytes"],
            swiftSettings: strict),

        // 3: the HTTP surface
        .target(
            name: "API",
            dependencies: [
                "HTTP1", "JSON", "CacheModel", "Durability", "PubSub", "Posix", "Observability", "Compression",
                "Crypto",
                "Bytes",
            ], swiftSettings: strict),

        // 4: the only room that sees all the others
        .target(
            name: "Server",
            dependencies: [
                "API", "HTTP1", "JSON", "CacheModel", "CacheEngine", "Durability", "PubSub", "Observability", "Reactor",
                "Posix",
                "Crypto", "Bytes",
            ], swiftSettings: common),

        // 5: the executable
        .executableTarget(
            name: "nuthatch",
            dependencies: [
                "Server", "HTTP1", "JSON", "Durability", "CacheEngine", "CacheModel", "Posix", "Bytes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: common),

        // Measuring: a load generator for this server and its peers
        .executableTarget(name: "nuthatch-replay", path: "Benchmarks/Replay", swiftSettings: common),

        .executableTarget(
            name: "EngineBench", dependencies: ["CacheEngine", "CacheModel", "Durability", "Posix", "Bytes"],
            path: "Benchmarks/Engine",
            swiftSettings: common),

        // How often tests repeat, and what their chance starts from.
        .target(name: "TestDepth", path: "Tests/TestDepth", swiftSettings: tests),
        .testTarget(name: "BytesTests", dependencies: ["Bytes", "CChecksum"], swiftSettings: tests),
        .testTarget(
            name: "CacheEngineTests", dependencies: ["CacheEngine", "CacheModel", "Posix", "Bytes", "TestDepth"],
            swiftSettings: tests),
        .testTarget(
            name: "DurabilityTests",
            dependencies: ["Durability", "CacheEngine", "CacheModel", "Posix", "Bytes", "TestDepth"],
            swiftSettings: tests),
        .testTarget(
            name: "PubSubTests", dependencies: ["PubSub", "CacheModel", "Posix", "Bytes"], swiftSettings: tests),
        .testTarget(name: "PosixTests", dependencies: ["Posix", "Bytes"], swiftSettings: tests),
        .testTarget(name: "HTTP1Tests", dependencies: ["HTTP1", "Bytes"], swiftSettings: tests),
        .testTarget(name: "ReactorTests", dependencies: ["Reactor", "Posix", "Bytes"], swiftSettings: tests),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "Bytes", "TestDepth"], swiftSettings: tests),
        .testTarget(name: "ServerConfigurationTests", dependencies: ["Server", "API"], swiftSettings: tests),
        // What the fuzzers feed; also run over their corpus by the tests.
        .target(
            name: "FuzzTargets",
            dependencies: ["HTTP1", "JSON", "Durability", "CacheModel", "Compression", "Posix", "Bytes"],
            path: "Fuzz/Sources", swiftSettings: common),
        .testTarget(name: "TidyTests", swiftSettings: tests),
        .testTarget(name: "FuzzRegressionTests", dependencies: ["FuzzTargets"], swiftSettings: tests),
        .testTarget(name: "HTTP1FieldsTests", dependencies: ["HTTP1", "Bytes"], swiftSettings: tests),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "Durability", "Posix", "HTTP1", "JSON", "CacheModel", "CacheEngine", "PubSub", "Observability",
                "Compression", "Crypto", "Bytes",
            ], swiftSettings: tests),
        .testTarget(
            name: "ObservabilityTests", dependencies: ["Observability", "CacheModel", "Bytes"], swiftSettings: tests),
        .testTarget(name: "CompressionTests", dependencies: ["Compression", "Crypto", "Bytes"], swiftSettings: tests),
    ]
)

// Only `make fuzz` builds this: an archive for `scripts/fuzz` to link with libFuzzer, which brings the `main`.
if Context.environment["NUTHATCH_FUZZ"] != nil {
    package.products.append(.library(name: "NuthatchFuzz", type: .static, targets: ["FuzzDriver"]))
    package.targets.append(
        .target(name: "FuzzDriver", dependencies: ["FuzzTargets"], path: "Fuzz/Driver", swiftSettings: common))
}
