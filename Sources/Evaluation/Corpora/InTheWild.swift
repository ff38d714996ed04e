import Foundation
import Text

/// In-the-Wild (N. Müller et al., "Does audio deepfake detection generalize?", Interspeech 2022): numbered WAV files and
/// `meta.csv` beside them.
///
/// The archive's name is from the owner's page, huggingface.co/datasets/mueller91/In-The-Wild (`README.md`:
/// `release_in_the_wild.zip`), which does not describe the list. Its columns `file,speaker,label` and the words `bona-fide` and
/// `spoof` are as the file has them, quoted in the header of the script that NII's AntiDeepfake project reads it with.
/// The speaker, of either class, is taken for the source: all recordings of one name are from the same few videos.
enum InTheWild {
    static let lists = ["meta.csv", "release_in_the_wild/meta.csv"]

    static func table(root: URL, list: String) throws(TableError) -> TrialTable {
        let csv = try CSVTable(contentsOf: root.appending(path: list))
        let folder = list.split(separator: "/").dropLast().map { $0 + "/" }.joined()
        let file = try csv.required("file")
        let speaker = try csv.required("speaker")
        let table = try TrialTable(csv, columns: .init(path: "file", label: "label"))
        var result = TrialTable(name: CorpusLayout.inTheWild.title, trials: table.trials, groupColumns: ["source", "speaker"])
        for (index, row) in csv.rows.enumerated() {
            result.trials[index].path = folder + row.fields[file]
            let name = row.fields[speaker]
            result.trials[index].groups = name.isEmpty ? [:] : ["speaker": name, "source": name]
        }
        return result
    }
}
