import Evaluation
import Foundation
import Testing
import Text

@testable import Tuning

@Suite struct CallTableTests {
    private func table(_ text: String) throws -> CallTable { try CallTable(CSVTable(name: "m.csv", text: text)) }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try table(text)
            return []
        } catch { return (error as? TableError)?.problems ?? ["\(error)"] }
    }

    @Test func `Rows of one path and leg are its stretches`() throws {
        let table = try table(
            """
            path,label,leg,startSeconds,endSeconds,speaker,source,recording,model,channel
            a.wav,synthetic,mono,12.5,40,ann,s1,r1,m.safetensors,gsm
            a.wav,human,mono,0,12.5,ann,s1,r1,m.safetensors,gsm
            b.wav,human,,,,bob,s2,,,
            """)
        #expect(table.legs.count == 2)
        let call = table.legs[0]
        #expect(call.label == .synthetic && call.leg == "mono" && call.source == "s1" && call.recording == "r1" && call.model == "m.safetensors")
        #expect(call.stretches.map(\.label) == [.human, .synthetic])
        #expect(call.stretches.map(\.endSeconds) == [12.5, 40])
        #expect(call.groups == ["channel": "gsm"] && table.groupColumns == ["channel"])
        #expect(table.legs[1].label == .human && table.legs[1].stretches[0].endSeconds == nil && table.legs[1].speaker == "bob")
    }

    @Test func `A manifest of whole recordings needs no more than path and label`() throws {
        let table = try table("path,label\na.wav,bonafide\nb.wav,spoof\n")
        #expect(table.legs.map(\.label) == [.human, .synthetic])
    }

    @Test func `Every problem is told with its line`() {
        #expect(
            problems("path,label\na.wav,human\na.wav,human\nb.wav,robot\n,spoof\n") == [
                "m.csv: line 4: unknown label \"robot\"; use bonafide (or human), spoof (or synthetic), enhanced, nonspeech",
                "m.csv: line 5: the path is empty",
                "m.csv: line 3: a.wav stands on line 2 already; a recording counts once",
            ])
        #expect(
            problems("path,label,startSeconds,endSeconds\na.wav,human,0,10\na.wav,synthetic,9,20\nb.wav,human,5,5\nc.wav,human,nan,\n") == [
                "m.csv: line 4: the stretch ends at 5.0 s, before it begins at 5.0 s",
                "m.csv: line 5: startSeconds is \"nan\"; give seconds from the start of the recording, or leave it empty",
                "m.csv: line 3: the stretch overlaps that of line 2 (a.wav); every moment has one label",
            ])
        #expect(
            problems("path,label,startSeconds,endSeconds,source\na.wav,human,0,10,s\na.wav,human,10,,t\n") == [
                "m.csv: line 3: source or model differs from line 2 of the same leg"
            ])
        #expect(problems("path,label\n") == ["m.csv: a header and no rows: there is nothing to tune on"])
        #expect(problems("file,label\na,human\n") == ["m.csv: line 1: no column \"path\"; the columns are file, label"])
    }

    @Test func `One class missing, and a row without a file, are told`() throws {
        let folder = FileManager.default.temporaryDirectory
        let one = #expect(throws: TableError.self) { try table("path,label\na.wav,human\n").check(under: folder) }
        #expect(one?.problems == ["m.csv: 1 human and 0 synthetic legs; a threshold is chosen between the two, so both are needed"])
        let none = #expect(throws: TableError.self) { try table("path,label\nnone-a.wav,human\nnone-b.wav,spoof\n").check(under: folder) }
        #expect(none?.problems == ["m.csv: line 2: no file \(folder.path)/none-a.wav", "m.csv: line 3: no file \(folder.path)/none-b.wav"])
    }
}
