// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "falsetto", path: "../..")],
    targets: [
        .executableTarget(
            name: "kernels", dependencies: [.product(name: "Kernels", package: "falsetto")], swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
