// swift-tools-version: 6.2
import PackageDescription

// Every dependency is pinned with `exact:`, because Package.resolved is not committed: a new clone must build what was tested.
// One `Room` per line of the data's way; a room depends only on rooms above it, and the compiler holds it to that.

let strict: [SwiftSetting] = [.strictMemorySafety(), .treatAllWarnings(as: .error)]

// The rooms that touch every sample are optimised in debug builds too: without it their tests take minutes.
let optimised: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

// Rule: rooms behind `Store` see no members of modules that they do not import themselves. Why: GRDB gives strings and sequences
// members of its own (SQL), and a `joined()` in a page once became an SQL expression, in silence.
let visible: [SwiftSetting] = strict + [.enableUpcomingFeature("MemberImportVisibility")]

// The kernels of one level: optimised as one module, since a tile's parts lie in several files and must all be inlined.
func kernels(_ name: String, march: String? = nil, define: String? = nil) -> Target {
    // With two threads the compiler still writes one object a file, which debug builds expect.
    let optimisedWhole = ["-O", "-whole-module-optimization", "-num-threads", "2", "-disable-batch-mode"]
    var settings = strict + [.unsafeFlags(optimisedWhole, .when(configuration: .debug))]
    if let march { settings.append(.unsafeFlags(["-Xcc", "-march=\(march)"])) }
    if let define { settings += [.define(define), .define("FUSED")] }
    return .target(name: name, dependencies: ["CProcessor", "KernelInterface"], swiftSettings: settings)
}

// The levels above the baseline are the same source by symbolic link, made only on the architecture that has them.
#if arch(x86_64)
let levels = [
    kernels("KernelsAVX2", march: "x86-64-v3", define: "LEVEL_AVX2"), kernels("KernelsAVX512", march: "x86-64-v4", define: "LEVEL_AVX512"),
]
#else
let levels: [Target] = []
#endif

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil,
    settings: [SwiftSetting] = strict
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: [.treatAllWarnings(as: .error)])
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let structuredFields = Target.Dependency.product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "falsetto",
    products: [
        .executable(name: "falsetto", targets: ["falsetto"]),
        // For Tools/benchmarks.
        .library(name: "Kernels", targets: ["Kernels"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", exact: "1.7.0"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CALSA", pkgConfig: "alsa", providers: [.apt(["libasound2-dev"])]),
        .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"])]),
        .systemLibrary(name: "CSndfile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
        .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"])]),
        .systemLibrary(name: "CSpanDSP", pkgConfig: "spandsp", providers: [.apt(["libspandsp-dev"])]),

        // The data's way: a room imports only rooms above it (`Tools/rooms` draws them).
        room("Text", settings: optimised),
        room("Audio", ["Text", "CSndfile", "CSoxr"], settings: optimised),
        room("Capture", ["Text", "Audio", "CALSA"], settings: optimised),
        room("Ingest", ["Text", "Audio", "CSpanDSP", nioCore, nioPosix, nioHTTP, nioWebSocket, nioSSL, structuredFields, crypto], settings: visible),
        room("Spectra", ["Text", "CFFTW"], settings: optimised),
        .target(name: "CProcessor"),
        room("KernelInterface", settings: optimised),
        kernels("KernelsBaseline"),
        room("Kernels", ["CProcessor", "KernelInterface", "KernelsBaseline"] + levels.map { .target(name: $0.name) }, settings: optimised),
        room(
            "Classifier", ["Text", "Spectra", "Kernels", crypto], resources: [.copy("Resources/falsetto-model.safetensors")],
            settings: optimised),
        room("Alerting", ["Text", "Classifier"], settings: optimised),
        room("Policies", ["Text", "Alerting", crypto], resources: [.copy("Resources/default-policy.json")], settings: optimised),
        room("Screening", ["Text", "Audio", "Classifier", "Alerting", "Policies", crypto], settings: optimised),
        room("Calls", ["Text", "Alerting", "Policies", "Screening"], settings: optimised),
        room("Evaluation", ["Text", "Alerting"], settings: optimised),
        room("Tuning", ["Text", "Classifier", "Alerting", "Policies", "Evaluation"], settings: optimised),
        room("Store", ["Text", "Audio", "Classifier", "Alerting", "Policies", "Screening", "Calls", grdb, crypto]),
        room(
            "Scoring",
            ["Text", "Audio", "Classifier", "Alerting", "Screening", "Calls", "Evaluation", "Tuning", "Store", crypto],
            settings: optimised),
        room(
            "Reporting", ["Text", "Alerting", "Policies", "Screening", "Calls", "Evaluation", "Tuning"],
            resources: ["analysis.schema.json", "event.schema.json", "page.css"].map { .copy("Resources/\($0)") }, settings: visible),
        room(
            "Monitoring",
            [
                "Text", "Audio", "Capture", "Ingest", "Classifier", "Alerting", "Screening", "Calls", "Store", "Reporting", crypto, nioCore,
                .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "CoreMetrics", package: "swift-metrics"), .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "TOMLKit", package: "TOMLKit"), .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ]),
        // For measurements and tests: a sound card and a voice that are none. No room before these two knows of them.
        room("StandIns", ["Text", "Audio", "Capture"], settings: optimised),
        room(
            "Benchmarks",
            [
                "CProcessor", "Text", "Audio", "Capture", "Ingest", "Classifier", "Alerting", "Screening", "Store", "Reporting", "Monitoring",
                "StandIns",
            ]),
        room(
            "Dashboard",
            [
                "Text", "Audio", "Spectra", "Classifier", "Alerting", "Policies", "Screening", "Calls", "Evaluation", "Tuning", "Store", "Scoring",
                "Reporting", "Monitoring", crypto, grdb,
                .product(name: "CryptoExtras", package: "swift-crypto"), .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"), .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: ["dashboard.css", "dashboard.js", "openapi.json"].map { .copy("Resources/\($0)") }, settings: visible),
        .executableTarget(
            name: "falsetto",
            dependencies: [
                "Text", "Audio", "Capture", "Ingest", "Classifier", "Alerting", "Policies", "Screening", "Calls", "Evaluation", "Tuning", "Store",
                "Scoring", "Reporting", "Monitoring", "StandIns", "Benchmarks", "Dashboard", argumentParser,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: visible),

        // What several test rooms share.
        .target(
            name: "TestSupport",
            dependencies: [
                "Classifier", nioCore, .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "Logging", package: "swift-log"),
            ], path: "Tests/TestSupport", resources: [.copy("Resources/falsetto-o.safetensors"), .copy("Resources/notification-daemon.py")],
            swiftSettings: [.treatAllWarnings(as: .error)]),
        tests("AudioTests", ["Text", "Audio", "CSndfile", "TestSupport"]),
        tests("CaptureTests", ["Capture", "Audio", "StandIns"]),
        tests("IngestTests", ["Ingest", "Audio", "CSndfile", "TestSupport", crypto, nioHTTP]),
        tests("SpectraTests", ["Spectra"]),
        tests("KernelsTests", ["Kernels"]),
        tests(
            "ClassifierTests", ["Classifier", "Spectra", "Kernels", "TestSupport"],
            resources: ["golden-o", "golden", "golden-layers", "layers"].map { .copy("Resources/\($0).safetensors") }),
        tests("AlertingTests", ["Alerting", "Classifier", "TestSupport"]),
        tests("PoliciesTests", ["Policies", "Alerting", "Text", "TestSupport"]),
        tests("ScreeningTests", ["Screening", "StandIns", "TestSupport"]),
        tests("CallsTests", ["Calls", "Alerting", "Screening"]),
        tests("EvaluationTests", ["Evaluation", "Text", "Classifier", "Alerting"]),
        tests("TuningTests", ["Tuning", "Evaluation", "Text", "Classifier", "Alerting", "Policies"]),
        tests("ScoringTests", ["Scoring", "Screening", "Alerting"]),
        // A child for StoreTests to kill while it writes.
        .executableTarget(
            name: "StoreWriter", dependencies: ["Store", "Calls", "Alerting", "Policies", "Screening"], path: "Tests/StoreWriter",
            swiftSettings: [.treatAllWarnings(as: .error)]),
        // Mutated input for every door, in children that may die: Tools/fuzz, and in short in CommandTests.
        .executableTarget(
            name: "Fuzzer",
            dependencies: [
                "Text", "Audio", "Ingest", "Classifier", "Alerting", "Policies", "Screening", "Evaluation", "Tuning", "Monitoring", "StandIns",
                "TestSupport",
            ],
            path: "Tests/Fuzzer",
            swiftSettings: [.treatAllWarnings(as: .error)]),
        tests(
            "StoreTests",
            ["Store", "StoreWriter", "Text", "Audio", "Classifier", "Alerting", "Policies", "Screening", "Calls", "StandIns", "TestSupport", grdb]),
        tests("ReportingTests", ["Text", "Alerting", "Policies", "Screening", "Calls", "Evaluation", "Reporting"]),
        tests(
            "MonitoringTests",
            [
                "Monitoring", "Audio", "Capture", "Ingest", "Classifier", "Alerting", "Screening", "Calls", "Store", "Reporting", "StandIns",
                "TestSupport", crypto,
                .product(name: "CoreMetrics", package: "swift-metrics"), .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        tests(
            "DashboardTests",
            [
                "Dashboard", "Audio", "Alerting", "Policies", "Classifier", "Screening", "Calls", "Store", "Reporting", "Monitoring", "TestSupport",
                grdb,
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "CommandTests",
            ["falsetto", "Audio", "Alerting", "Policies", "Classifier", "Store", "StandIns", "StoreWriter", "Fuzzer", "TestSupport", grdb]),
    ] + levels,
    swiftLanguageModes: [.v6]
)
