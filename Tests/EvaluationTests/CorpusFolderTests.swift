import Foundation
import Testing
import Text

@testable import Evaluation

/// Small trees of exactly the form that each corpus has when its owner's archives are unpacked.
@Suite struct CorpusFolderTests {
    private final class Tree {
        let url = FileManager.default.temporaryDirectory.appending(path: "falsetto-corpus-\(UUID().uuidString)")

        func write(_ text: String, _ path: String) throws {
            let file = url.appending(path: path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }

        deinit { try? FileManager.default.removeItem(at: url) }
    }

    private func problems(_ root: URL, _ subset: CorpusSubset = .eval) -> [String] {
        do {
            _ = try CorpusFolder(root, subset: subset)
            return []
        } catch { return error.problems }
    }

    @Test func `ASVspoof 2019 LA is read by subset, from the folder above its own, too`() throws {
        let tree = Tree()
        try tree.write(
            """
            LA_0039 LA_E_2834763 - A11 spoof
            LA_0030 LA_E_5849185 - - bonafide

            """, "LA/ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.eval.trl.txt")
        try tree.write("LA_0079 LA_T_1138215 - - bonafide\n", "LA/ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.train.trn.txt")
        try tree.write("LA_0069 LA_D_1047731 - A01 spoof\n", "LA/ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.dev.trl.txt")
        for name in ["eval/flac/LA_E_2834763", "train/flac/LA_T_1138215", "dev/flac/LA_D_1047731"] {
            try tree.write("", "LA/ASVspoof2019_LA_\(name).flac")
        }
        let corpus = try CorpusFolder(tree.url)
        #expect(corpus.layout == .asvspoof2019LA)
        #expect(
            corpus.table.trials.map(\.path) == ["LA/ASVspoof2019_LA_eval/flac/LA_E_2834763.flac", "LA/ASVspoof2019_LA_eval/flac/LA_E_5849185.flac"])
        #expect(corpus.table.trials.map(\.label) == [.synthetic, .human])
        #expect(
            corpus.table.trials.map(\.groups) == [
                ["speaker": "LA_0039", "source": "LA_0039", "system": "A11"], ["speaker": "LA_0030", "source": "LA_0030"],
            ])
        let inside = tree.url.appending(path: "LA")
        #expect(try CorpusFolder(inside, subset: .train).table.trials.map(\.path) == ["ASVspoof2019_LA_train/flac/LA_T_1138215.flac"])
        #expect(try CorpusFolder(inside, subset: .dev).table.trials.map(\.path) == ["ASVspoof2019_LA_dev/flac/LA_D_1047731.flac"])
        #expect(
            problems(inside, .hidden) == [
                "ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.eval.trl.txt: ASVspoof 2019 has no subset hidden; there are train, dev, eval"
            ])
        try tree.write("LA_0069 LA_D_1047731 A01 spoof\n", "LA/ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.dev.trl.txt")
        #expect(
            problems(inside, .dev) == [
                "ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.dev.trl.txt: line 1: 4 fields, but ASVspoof 2019 LA has 5: "
                    + "SPEAKER_ID AUDIO_FILE_NAME ENVIRONMENT SYSTEM_ID KEY"
            ])
    }

    @Test func `ASVspoof 2021 LA is read with its keys, by subset`() throws {
        let tree = Tree()
        try tree.write(
            """
            LA_0009 LA_E_9332881 alaw ita_tx A07 spoof notrim eval
            LA_0020 LA_E_6866159 alaw ita_tx bonafide bonafide notrim eval
            LA_0020 LA_E_5464494 none - A08 spoof notrim progress

            """, "keys/LA/CM/trial_metadata.txt")
        try tree.write("", "ASVspoof2021_LA_eval/flac/LA_E_9332881.flac")
        let corpus = try CorpusFolder(tree.url)
        #expect(corpus.layout == .asvspoof2021LA)
        #expect(corpus.table.trials.map(\.path) == ["ASVspoof2021_LA_eval/flac/LA_E_9332881.flac", "ASVspoof2021_LA_eval/flac/LA_E_6866159.flac"])
        #expect(corpus.table.trials.map(\.label) == [.synthetic, .human])
        #expect(
            corpus.table.trials[0].groups == [
                "speaker": "LA_0009", "source": "LA_0009", "system": "A07", "channel": "alaw", "transmission": "ita_tx", "trim": "notrim",
            ])
        #expect(corpus.table.trials[1].groups["system"] == nil)
        let progress = try CorpusFolder(tree.url, subset: .progress)
        #expect(progress.table.trials.map(\.path) == ["ASVspoof2021_LA_eval/flac/LA_E_5464494.flac"])
        #expect(progress.table.trials[0].groups["transmission"] == nil)
        #expect(problems(tree.url, .hidden) == ["keys/LA/CM/trial_metadata.txt: no trial of the subset hidden; there are progress, eval, hidden"])
    }

    @Test func `ASVspoof 2021 DF has sources, vocoders and languages`() throws {
        let tree = Tree()
        try tree.write(
            """
            LA_0023 DF_E_2000011 nocodec asvspoof A14 spoof notrim eval traditional_vocoder - - - -
            TEF2 DF_E_2000013 low_m4a vcc2020 Task1-team20 spoof notrim eval neural_vocoder_nonautoregressive Task1 team20 FF E
            VCC2SF1 DF_E_2000020 mp3m4a vcc2018 bonafide bonafide notrim eval bonafide - - - E

            """, "keys/DF/CM/trial_metadata.txt")
        try tree.write("", "ASVspoof2021_DF_eval/flac/DF_E_2000011.flac")
        let table = try CorpusFolder(tree.url).table
        #expect(table.trials.map(\.source) == ["asvspoof", "vcc2020", "vcc2018"])
        #expect(table.trials[1].groups["system_family"] == "neural_vocoder_nonautoregressive")
        #expect(table.trials[2].groups == ["speaker": "VCC2SF1", "source": "vcc2018", "channel": "mp3m4a", "language": "E", "trim": "notrim"])
    }

    @Test func `ASVspoof 5 is read by subset, and a coded copy names its recording`() throws {
        let tree = Tree()
        try tree.write(
            """
            E_4608 E_0000000024 M C11 4 E_0004890277 AC1 A24 spoof -
            E_2040 E_0004890277 F - - - - bonafide bonafide -

            """, "ASVspoof5_protocols/ASVspoof5.eval.track_1.tsv")
        try tree.write("D_4461 D_0000000169 F - - - AC1 A14 spoof -\n", "ASVspoof5_protocols/ASVspoof5.dev.track_1.tsv")
        try tree.write("", "flac_E_eval/E_0000000024.flac")
        try tree.write("", "flac_D/D_0000000169.flac")
        let table = try CorpusFolder(tree.url).table
        #expect(table.trials.map(\.path) == ["flac_E_eval/E_0000000024.flac", "flac_E_eval/E_0004890277.flac"])
        #expect(table.trials.map { $0.groups["recording"] } == ["E_0004890277", "E_0004890277"])
        #expect(table.trials[0].groups["system"] == "A24" && table.trials[0].groups["channel"] == "C11" && table.trials[0].groups["sex"] == "m")
        #expect(table.trials[1].groups["system"] == nil && table.trials[1].label == .human)
        #expect(try CorpusFolder(tree.url, subset: .dev).table.trials.map(\.path) == ["flac_D/D_0000000169.flac"])
    }

    @Test func `In-the-Wild is read from the folder above its own, too`() throws {
        let tree = Tree()
        try tree.write("file,speaker,label\n0.wav,Alec Guinness,spoof\n4.wav,Christopher Hitchens,bona-fide\n", "release_in_the_wild/meta.csv")
        let corpus = try CorpusFolder(tree.url)
        #expect(corpus.layout == .inTheWild)
        #expect(corpus.table.trials.map(\.path) == ["release_in_the_wild/0.wav", "release_in_the_wild/4.wav"])
        #expect(corpus.table.trials.map(\.label) == [.synthetic, .human])
        #expect(corpus.table.trials[1].speaker == "Christopher Hitchens")
        #expect(try CorpusFolder(tree.url.appending(path: "release_in_the_wild")).table.trials.map(\.path) == ["0.wav", "4.wav"])
    }

    @Test func `A folder that holds no corpus says what was looked for`() throws {
        let tree = Tree()
        try tree.write("x", "notes.txt")
        let problem = try #require(problems(tree.url).first)
        #expect(
            problem
                == """
                \(tree.url.path): no corpus that is known here; looked for \
                ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.eval.trl.txt (ASVspoof 2019 LA), \
                keys/LA/CM/trial_metadata.txt (ASVspoof 2021 LA), keys/DF/CM/trial_metadata.txt (ASVspoof 2021 DF), \
                ASVspoof5.eval.track_1.tsv (ASVspoof 5), meta.csv (In-the-Wild); \
                for other recordings give --manifest, a CSV with path and label
                """)
        #expect(problems(tree.url.appending(path: "none")) == ["\(tree.url.appending(path: "none").path): no such folder"])
    }

    @Test func `Keys without recordings, and lines of another form, are told`() throws {
        let tree = Tree()
        try tree.write("LA_0009 LA_E_1 alaw ita_tx A07 spoof notrim eval\n", "keys/LA/CM/trial_metadata.txt")
        #expect(
            problems(tree.url) == [
                "\(tree.url.path): the list of ASVspoof 2021 LA is there, its recordings are not; looked for ASVspoof2021_LA_eval/flac, flac"
            ])
        try tree.write("", "ASVspoof2021_LA_eval/flac/LA_E_1.flac")
        try tree.write("LA_E_1 spoof\nLA_1 LA_E_1 alaw ita_tx A07 fine notrim eval\n", "keys/LA/CM/trial_metadata.txt")
        #expect(
            problems(tree.url) == [
                "keys/LA/CM/trial_metadata.txt: line 1: 2 fields, but ASVspoof 2021 LA has 8: spk trial codec trans attack label trim subset",
                "keys/LA/CM/trial_metadata.txt: line 2: the key is \"fine\"; ASVspoof 2021 LA has bonafide and spoof",
            ])
    }

    @Test func `Any CSV with named columns is read`() throws {
        let csv = try CSVTable(name: "m.csv", text: "file,verdict,where\na.wav,real,x\nb.wav,fake,y\n")
        let table = try TrialTable(csv, columns: .init(path: "file", label: "verdict"))
        #expect(table.trials.map(\.label) == [.human, .synthetic])
        #expect(table.groupColumns == ["where"])
    }
}
