import Foundation
import Testing
import Text

@testable import Evaluation

@Suite struct TrialTableTests {
    private let manifest = """
        path,label,source,language
        a.wav,bonafide,s1,en
        b.wav,spoof,s2,
        "c, ""d"".wav",human,s1,de
        e.wav,synthetic,s3,en
        f.wav,enhanced,s4,en
        """

    private func table(_ text: String) throws -> TrialTable { try TrialTable(CSVTable(name: "m.csv", text: text)) }

    private func problems(_ text: String, scores: String? = nil) -> [String] {
        do {
            var table = try table(text)
            if let scores { try table.join(CSVTable(name: "s.csv", text: scores)) }
            return []
        } catch {
            return (error as? TableError)?.problems ?? ["\(error)"]
        }
    }

    @Test func `labels of both habits are read, quotes undone, empty fields left out`() throws {
        let trials = try table(manifest).trials
        #expect(trials.map(\.label) == [.human, .synthetic, .human, .synthetic, .enhanced])
        #expect(trials[2].path == "c, \"d\".wav")
        #expect(trials[1].groups == ["source": "s2"])
        #expect(trials[3].line == 5)
        #expect(try table(manifest).groupColumns == ["source", "language"])
    }

    @Test func `line ends of Windows, a byte order mark and no last line end make no difference`() throws {
        let windows = "\u{FEFF}" + manifest.replacingOccurrences(of: "\n", with: "\r\n")
        #expect(try table(windows).trials == table(manifest).trials)
    }

    @Test func `a line end within quotes belongs to the field and still counts as a line`() throws {
        let trials = try table("path,label\n\"a\nb.wav\",human\nc.wav,spoof\n").trials
        #expect(trials.map(\.path) == ["a\nb.wav", "c.wav"])
        #expect(trials.map(\.line) == [2, 4])
    }

    @Test func `scores are joined by path, turned when asked, and what is missing is unscored`() throws {
        var table = try table(manifest)
        let joined = try table.join(
            CSVTable(name: "s.csv", text: "path,score\nb.wav,-1.5\na.wav,2\nx.wav,9\ne.wav,\n"), higherIsHuman: true)
        #expect(table.trials.map(\.score) == [-2, 1.5, nil, nil, nil])
        #expect(joined == .init(scored: 2, unscored: 3, ignored: 1))
    }

    @Test func `outcomes are read beside the scores`() throws {
        var table = try table(manifest)
        try table.join(CSVTable(name: "s.csv", text: "path,score,outcome\na.wav,1,synthetic\nb.wav,,inconclusive\n"))
        #expect(table.trials[0].outcome == .synthetic && table.trials[1].outcome == .inconclusive)
        #expect(table.trials[2].outcome == nil)
    }

    @Test func `written scores are read back to the same bits, whatever the path holds`() throws {
        var table = try table("path,label\n\"a,\"\"b\"\"\nc.wav\",human\nüñ 🎧.wav,spoof\nd,spoof\n")
        table.trials[0].score = 0.1 + 0.2
        table.trials[0].outcome = .inconclusive
        table.trials[1].score = -1e-300
        var copy = table
        for index in copy.trials.indices { copy.trials[index].score = 7 }
        try copy.join(CSVTable(name: "s.csv", text: table.scoresCSV()))
        #expect(copy.trials == table.trials)
    }

    @Test func `a column set by path becomes a group, and an empty value none`() throws {
        var table = try table(manifest)
        table.setColumn("level_dbfs") { ["a.wav": "-20", "b.wav": ""][$0] }
        table.setColumn("language") { $0 == "a.wav" ? "fr" : nil }
        #expect(table.groupColumns == ["source", "language", "level_dbfs"])
        #expect(table.trials[0].groups == ["source": "s1", "language": "fr", "level_dbfs": "-20"])
        #expect(table.trials[1].groups == ["source": "s2"])
    }

    @Test func `every problem is told with its line`() {
        #expect(
            problems("path,label\na,human\na,spoof\n,human\nb,robot\n") == [
                "m.csv: line 3: a stands on line 2 already; a trial counts once",
                "m.csv: line 4: the path is empty",
                "m.csv: line 5: unknown label \"robot\"; use bonafide (or human), spoof (or synthetic), enhanced, nonspeech",
            ])
        #expect(
            problems(manifest, scores: "path,score\na.wav,nan\nb.wav,x\na.wav,1\ne.wav,-inf\n") == [
                "s.csv: line 2: the score is nan, which is not finite; leave the field empty if there is none",
                "s.csv: line 3: \"x\" is not a number",
                "s.csv: line 4: a.wav has a score on line 2 already",
                "s.csv: line 5: the score is -inf, which is not finite; leave the field empty if there is none",
            ])
        #expect(
            problems("path,label\na\nb,spoof,1\n") == [
                "m.csv: line 2: 1 fields, but the header has 2", "m.csv: line 3: 3 fields, but the header has 2",
            ])
        #expect(
            problems("path,label\n\"a,human\n") == [
                "m.csv: line 2: 1 fields, but the header has 2", "m.csv: line 2: a quote is opened and never closed",
            ])
        #expect(problems("file,label\na,human\n") == ["m.csv: line 1: no column \"path\"; the columns are file, label"])
        #expect(problems("path,label,path\n") == ["m.csv: line 1: the column \"path\" stands there twice"])
        #expect(problems("path,label\n") == ["m.csv: a header and no rows: there is nothing to evaluate"])
        #expect(problems("") == ["m.csv: empty; a first line with the names of the columns is needed"])
        #expect(
            problems(manifest, scores: "path,score\nq.wav,1\n") == [
                "s.csv: none of its 1 paths is in m.csv; a score is joined by its path, or by the file's name without folder and suffix"
            ])
    }

    @Test func `rows without a file are told with their line`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("falsetto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data().write(to: folder.appendingPathComponent("a.wav"))
        let table = try table("path,label\na.wav,human\nb.wav,spoof\n")
        let error = #expect(throws: TableError.self) { try table.requireFiles(under: folder) }
        #expect(error?.problems == ["m.csv: line 3: no file \(folder.path)/b.wav"])
    }

    @Test func `a long list of problems is cut and the rest counted`() {
        let error = TableError((1...25).map { "line \($0)" })
        #expect(error.description.hasSuffix("line 20\nand 5 more of the kind"))
    }
}
