import Foundation
import Testing
import Text

@testable import Evaluation

@Suite struct HeadlineTrialsTests {
    private let manifest = """
        path,label,split,source,system,system_family,speaker,native_rate,duration_s
        t1,spoof,train,old,known,tts,LJSpeech,22050,3.0
        t2,bonafide,train,old,,,anna,16000,3.0
        known,spoof,dev,new,known,tts,bob,22050,3.0
        lj,spoof,dev,new,fresh,tts,LJSpeech,22050,2.9
        fresh,spoof,dev,new,fresh,vc,bob,8000,3.0
        nameless,spoof,dev,new,,vc,,16000,3.0
        short,spoof,dev,new,fresh,vc,bob,16000,2.899
        codec,spoof,dev,new,fresh,neural_codec,bob,16000,3.0
        restored,spoof,dev,google_dfconformer,fresh,vc,bob,16000,3.0
        enhanced,enhanced,dev,new,,,bob,16000,3.0
        anna,bonafide,dev,new,,,anna,8000,3.0
        carl,bonafide,dev,new,,,carl,16000,3.0
        later,spoof,dev,supertonic_demo,fresh,tts,bob,22050,3.6
        brief,spoof,dev,supertonic_demo,fresh,tts,bob,22050,1.5
        briefer,spoof,dev,supertonic_demo,fresh,tts,bob,22050,1.499
        coded,spoof,dev,supertonic_demo,fresh,neural_codec,bob,22050,3.0
        student,bonafide,dev,vi_students,,,dora,8000,2.0
        cleaned,enhanced,dev,vi_students,,,dora,16000,3.0
        noise,nonspeech,dev,linphone_nonspeech,,,,16000,3.0
        """

    private func headline(
        _ name: HeadlineTrials.Name = .dev, _ condition: HeadlineTrials.Condition = .narrowBand, _ text: String? = nil
    ) throws -> HeadlineTrials {
        try HeadlineTrials(TrialTable(CSVTable(name: "m.csv", text: text ?? manifest)), name, condition: condition)
    }

    @Test func `the three figures stand on ever fewer trials`() throws {
        let headline = try headline()
        #expect(headline.table(.all).trials.map(\.path) == ["known", "lj", "fresh", "nameless", "anna", "carl"])
        #expect(headline.table(.generatorUnseen).trials.map(\.path) == ["lj", "fresh", "anna", "carl"])
        #expect(headline.table(.generatorAndSpeakerUnseen).trials.map(\.path) == ["fresh", "carl"])
    }

    @Test func `wide band leaves out what was never wide`() throws {
        #expect(try headline(.dev, .wideBand).table(.all).trials.map(\.path) == ["known", "lj", "nameless", "carl"])
    }

    @Test func `what is heard has one length, and the clip's own is kept beside it`() throws {
        let trial = try headline().table(.all).trials[0]
        #expect(trial.groups["duration_s"] == "2.9" && trial.groups["clip_duration_s"] == "3.0")
    }

    @Test func `the sources that came later are a set of their own, heard to their end where that comes first`() throws {
        let later = try headline(.dev2)
        #expect(later.table(.all).trials.map(\.path) == ["later", "brief", "student"])
        #expect(later.table(.all).trials.map { $0.groups["duration_s"] } == ["2.9", "1.5", "2.0"])
        #expect(later.table(.all).trials.map { $0.groups["clip_duration_s"] } == ["3.6", "1.5", "2.0"])
        #expect(try headline(.dev2, .wideBand).table(.all).trials.map(\.path) == ["later", "brief"])
        #expect(later.table(.all).name == "corpus headline dev2" && later.name == .dev2)
    }

    @Test func `the program and its tools know the same later sources`() throws {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let listed = try String(contentsOf: checkout.appending(path: "Corpora/dev2.txt"), encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(Set(listed) == HeadlineTrials.dev2Sources && listed.count == 40)
    }

    @Test func `a manifest without train rows cannot say what is unseen`() {
        let dev = manifest.split(separator: "\n").filter { !$0.contains(",train,") }.joined(separator: "\n")
        #expect(throws: TableError.self) { try headline(.dev, .narrowBand, dev) }
        #expect(throws: TableError.self) { try headline(.dev, .narrowBand, manifest.replacing("native_rate", with: "rate")) }
    }
}
