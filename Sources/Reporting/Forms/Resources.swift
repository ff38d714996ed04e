import Foundation

/// The files that are built into the program.
enum Resources {
    static func text(_ name: String) -> String {
        guard let text = try? String(contentsOf: Bundle.module.bundleURL.appendingPathComponent(name), encoding: .utf8) else {
            fatalError("\(name): the program's resources are missing; build it again")
        }
        return text
    }
}
