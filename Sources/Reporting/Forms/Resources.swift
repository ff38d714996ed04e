import Foundation

/// The files that are built into the program.
enum Resources {
    static func text(_ name: String) throws -> String {
        let url = Bundle.module.bundleURL.appendingPathComponent(name)
        return try String(contentsOf: url, encoding: .utf8)
    }
}
