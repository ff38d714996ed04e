import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Known machine voices") struct AllowListTests {
    private func store() throws -> Store {
        try Store(StateFolder(path: NSTemporaryDirectory() + "falsetto-allow-\(UUID().uuidString)"), for: .daemon)
    }

    @Test("A line is known by its label, a caller by a digest; the number itself is nowhere in the store")
    func known() throws {
        let store = try store()
        defer { try? FileManager.default.removeItem(atPath: store.folder.path) }
        try store.allow(.line, " bot desk ", note: "our robot", by: "ad")
        let caller = try store.allow(.caller, "+49 30 901820", note: "the bank's", by: nil)
        let list = try store.allowList()
        #expect(list.reason(line: "bot desk", caller: nil) == "line bot desk")
        #expect(list.reason(line: "desk", caller: nil) == nil && list.reason(line: nil, caller: nil) == nil)
        for same in ["004930901820", "+49-30-901820", "49 (30) 901820"] {
            #expect(list.reason(line: "desk", caller: same) == "caller \(caller.key)", "\(same)")
        }
        for other in ["+49 30 901821", "bank-robot", "4930901820 x"] { #expect(list.reason(line: nil, caller: other) == nil, "\(other)") }
        #expect(try store.allowedVoices().map(\.note) == ["our robot", "the bank's"])
        // In the database and the log beside it.
        for name in try FileManager.default.contentsOfDirectory(atPath: store.folder.path) {
            let data = try Data(contentsOf: URL(fileURLWithPath: store.folder.path + "/" + name))
            #expect(data.range(of: Data("901820".utf8)) == nil, "\(name)")
        }
    }

    @Test("A change stands in the audit chain with who made it; what is not on the list cannot be taken off")
    func changes() throws {
        let store = try store()
        defer { try? FileManager.default.removeItem(atPath: store.folder.path) }
        try store.allow(.line, "bots", note: "", by: "ad")
        try store.allow(.line, "bots", note: "ours", by: nil)
        #expect(try store.allowedVoices().map(\.note) == ["ours"])
        try store.disallow(.line, key: "bots", by: "ad")
        #expect(try store.allowList().reason(line: "bots", caller: nil) == nil)
        #expect(throws: StoreError.self) { try store.disallow(.line, key: "bots", by: "ad") }
        for wrong in ["", "two\nlines", String(repeating: "x", count: 65)] {
            #expect(throws: StoreError.self) { try store.allow(.line, wrong, note: "", by: nil) }
        }
        #expect(throws: StoreError.self) { try store.allow(.line, "bots", note: "two\nlines", by: nil) }
        let details = try store.read { try String.fetchAll($0, sql: "SELECT detail FROM audit WHERE kind = 'allowListChanged' ORDER BY number") }
        #expect(details == ["line bots added, by ad", "line bots added", "line bots removed, by ad"])
        #expect(try store.verify().fault == nil)
    }
}
