// swift-tools-version: 6.0

import PackageDescription

let package = Package(
    name: "Countersign",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Countersign", targets: ["Countersign"]),
        .library(name: "CountersignTesting", targets: ["CountersignTesting"]),
    ],
    targets: [
        // The library's header, and how it is linked.
        .systemLibrary(name: "CountersignFFI"),
        // Generated, and not for apps. What UniFFI writes is not ready for Swift 6; everything above it is.
        .target(
            name: "CountersignBindings",
            dependencies: ["CountersignFFI"],
            swiftSettings: [.swiftLanguageMode(.v5)]
        ),
        .target(
            name: "Countersign",
            dependencies: ["CountersignBindings"],
            resources: [.copy("PrivacyInfo.xcprivacy")]
        ),
        .target(name: "CountersignTesting", dependencies: ["Countersign"]),
        .executableTarget(
            name: "QuickStart",
            dependencies: ["Countersign", "CountersignTesting"],
            path: "Examples/QuickStart"
        ),
        .executableTarget(name: "Cost", dependencies: ["CountersignBindings"]),
        .executableTarget(name: "Empty"),
        .testTarget(name: "CountersignTests", dependencies: ["Countersign", "CountersignTesting", "QuickStart"]),
    ]
)
