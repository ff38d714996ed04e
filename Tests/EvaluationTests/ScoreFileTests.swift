import Testing
import Text

@testable import Evaluation

@Suite struct ScoreFileTests {
    /// Four people and four machines of ASVspoof's naming; one machine sounds like a person.
    private var trials: TrialTable {
        TrialTable(
            name: "eval",
            trials: (0..<8).map {
                Trial(path: "LA/flac/LA_E_\($0).flac", label: $0 < 4 ? .human : .synthetic, groups: ["source": "s\($0)"], line: $0 + 1)
            }, groupColumns: ["source"])
    }
    /// As published: higher is bona fide. 7 is the machine that passes.
    private let published = [3.5, 2.5, 1.5, 0.5, -1.0, -2.0, -3.0, 2.0]

    private func lines(_ line: (Int) -> String) -> String { (0..<8).map { line($0) + "\n" }.joined() }

    private func joined(_ text: String, higherIs told: Trial.Label? = nil) throws -> (scores: [Double?], polarity: ScorePolarity) {
        var table = trials
        let polarity = try table.join(ScoreFile(name: "s.txt", text: text), higherIs: told)
        return (table.trials.map(\.score), polarity)
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try joined(text)
            return []
        } catch {
            return (error as? TableError)?.problems ?? ["\(error)"]
        }
    }

    private func key(_ index: Int) -> String { index < 4 ? "bonafide" : "spoof" }
    private func system(_ index: Int) -> String { index < 4 ? "-" : "A0\(index % 2 + 7)" }

    @Test func `every form that published detectors write gives the same scores`() throws {
        let forms = [
            lines { "LA_E_\($0) \(published[$0])" },
            lines { "LA_E_\($0)\t\(published[$0])" },
            lines { "LA_E_\($0),\(published[$0])" },
            lines { "LA_E_\($0) \(system($0)) \(key($0)) \(published[$0])" },
            lines { "LA_E_\($0).flac - \(key($0)) \(published[$0])" },
            lines { "LA_E_\($0),-,-,\(published[$0])" },
            lines { "LA_00\($0 % 3) LA_E_\($0) - \(system($0)) \(key($0)) \(published[$0])" },
            // A key in figures is no score.
            lines { "LA_E_\($0) \($0 < 4 ? 1 : 0) \(published[$0])" },
            "filename\tcm-score\n" + lines { "LA_E_\($0)\t\(published[$0])" },
            "ID_audio,label,score_bonafide\n" + lines { "LA_E_\($0),\($0 < 4 ? 1 : 0),\(published[$0])" },
            "\u{FEFF}path,score\r\n" + lines { "LA/flac/LA_E_\($0).flac,\(published[$0])\r" },
        ]
        for form in forms {
            let result = try joined(form)
            #expect(result.scores == published.map { -$0 }, "\(form.prefix(60))")
            #expect(result.polarity == ScorePolarity(higherIs: .human, ground: .guessed, eer: 0.25, otherEER: 0.75))
        }
        let whole = try ScoreFile(name: "s", text: forms[6]).table
        #expect(whole.columns == ["path", "score", "label", "system"])
        #expect(whole.rows[0].fields == ["LA_E_0", "3.5", "bonafide", ""] && whole.rows[4].fields[3] == "A07")
    }

    @Test func `scores that grow the other way are kept, and what is told is not guessed`() throws {
        let turned = lines { "LA_E_\($0) \(-published[$0])" }
        #expect(try joined(turned).scores == published.map { -$0 })
        #expect(try joined(turned).polarity.higherIs == .synthetic)
        let told = try joined(turned, higherIs: .human)
        #expect(told.scores == published && told.polarity == ScorePolarity(higherIs: .human, ground: .told))
        #expect(try joined(lines { "LA_E_\($0) \(published[$0])" }, higherIs: .synthetic).scores == published)
    }

    @Test func `a file of our own is never turned, however bad its scores`() throws {
        let own = try joined("path,score,outcome\n" + lines { "LA/flac/LA_E_\($0).flac,\(published[$0]),inconclusive" })
        #expect(own.scores == published && own.polarity == ScorePolarity(higherIs: .synthetic, ground: .own))
    }

    @Test func `unscored trials do not sway the guess, and one class alone gives none`() throws {
        // Of the scored ones, two people lie above one machine.
        let few = try joined("LA_E_0 5\nLA_E_1 4\nLA_E_4 1\n")
        #expect(few.polarity == ScorePolarity(higherIs: .human, ground: .guessed, eer: 0, otherEER: 1))
        #expect(try joined("LA_E_0 5\nLA_E_1 4\n").polarity == ScorePolarity(higherIs: .synthetic, ground: .guessed))
    }

    @Test func `without a list of trials the file's own keys are the labels`() throws {
        let file = try ScoreFile(name: "s.txt", text: lines { "LA_E_\($0) \(system($0)) \(key($0)) \(published[$0])" })
        var table = try TrialTable(file.table)
        try table.join(file)
        #expect(table.trials.map(\.label) == trials.trials.map(\.label) && table.trials[5].groups == ["system": "A08"])
        #expect(table.trials.map(\.score) == published.map { -$0 })
    }

    @Test func `what cannot be read for certain is refused with its line`() {
        #expect(problems("") == ["s.txt: empty; there is no score in it"])
        #expect(problems("LA_E_0 1\nLA_E_1\n") == ["s.txt: line 2: 1 fields, but the first line has 2"])
        #expect(
            problems("LA_E_0 0.2 0.8\nLA_E_1 0.3 0.7\n") == [
                "s.txt: columns 2 and 3 could be the score; put the columns' names on a first line"
            ])
        #expect(
            problems("ID,score_spoof,score_bonafide\nLA_E_0,1,2\n") == [
                "s.txt: line 1: any of score_spoof, score_bonafide could be the score; name one of them score"
            ])
        #expect(problems("clip score\nLA_E_0 1\n") == ["s.txt: line 1: no column for the recording; the columns are clip, score; name it path"])
        #expect(problems("LA_E_0 bonafide\nLA_E_1 spoof\n").first?.hasPrefix("s.txt: no column holds a number on every line") == true)
        #expect(problems("LA_E_0 - spoof 1\nLA_E_5 A08 spoof 2\n") == ["s.txt: line 1: LA_E_0 is synthetic here, human in eval"])
        #expect(
            problems("LA_E_0 nan\nLA_E_1 1\n") == [
                "s.txt: line 1: the score is nan, which is not finite; leave the field empty if there is none"
            ])
        #expect(problems("a/LA_E_0.wav 1\nb/LA_E_0.wav 2\n") == ["s.txt: line 2: the name LA_E_0 has a score on line 1 already"])
        #expect(
            problems("LA_D_1 1\n") == [
                "s.txt: none of its 1 paths is in eval; a score is joined by its path, or by the file's name without folder and suffix"
            ])
        var twins = trials
        twins.trials.append(Trial(path: "other/LA_E_0.wav", label: .human))
        let error = #expect(throws: TableError.self) { try twins.join(ScoreFile(name: "s.txt", text: "LA_E_0 1\nLA_E_7 2\n")) }
        #expect(error?.problems == ["s.txt: line 1: LA_E_0 could be LA/flac/LA_E_0.flac or other/LA_E_0.wav; give whole paths"])
    }

    @Test func `utterances may be numbers`() throws {
        for text in ["0 bonafide 0.5\n1 spoof 1.5\n2 spoof 1.5\n", "0 - bonafide 0.5\n1 A07 spoof 1.5\n2 A07 spoof 1.5\n", "0 0.5\n1 1.5\n2 1.5\n"] {
            let table = try ScoreFile(name: "s.txt", text: text).table
            #expect(table.rows.map { Array($0.fields.prefix(2)) } == [["0", "0.5"], ["1", "1.5"], ["2", "1.5"]], "\(text)")
        }
    }

    @Test func `a dot in an utterance's name is no suffix`() throws {
        var table = TrialTable(name: "t", trials: [Trial(path: "x/a.1.wav", label: .human), Trial(path: "x/a.2.wav", label: .synthetic)])
        try table.join(ScoreFile(name: "s.txt", text: "a.1 0.5\na.2 1.5\n"))
        #expect(table.trials.map(\.score) == [0.5, 1.5])
    }
}
