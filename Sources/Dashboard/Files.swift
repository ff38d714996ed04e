import Foundation
import Reporting

/// The files that are built into the program.
enum Files {
    static func text(_ name: String) -> String {
        let url = Bundle.module.bundleURL.appendingPathComponent(name)
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            fatalError("\(name): the program's resources are missing; build it again")
        }
        return text
    }
}

/// The style of every page with what only pages that are served have.
enum PageStyle {
    static let css = HTMLPage.style + "\n" + Files.text("dashboard.css")
}
