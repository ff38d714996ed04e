import Foundation
import Text

/// ASVspoof 2021, logical access (LA) and deepfake (DF): recordings from one archive, keys and meta-labels from another.
///
/// Read from the owner's evaluation package, github.com/asvspoof-challenge/2021: `eval-package/README.md` (the tree
/// `keys/LA/CM/trial_metadata.txt`), `eval-package/config.py` (the columns, `p_names` of `ConfigLA` and `ConfigDF`, and the
/// subsets), and the baselines' folder of recordings, `ASVspoof2021_LA_eval/flac` and `ASVspoof2021_DF_eval/flac`.
///
/// The speaker is taken for the source where the list names none: what is drawn again must be whoever the trials share.
struct ASVspoof2021 {
    let layout: CorpusLayout
    let track: String
    /// The columns of `trial_metadata.txt` in order.
    let columns: [String]

    static let la = ASVspoof2021(
        layout: .asvspoof2021LA, track: "LA",
        columns: ["spk", "trial", "codec", "trans", "attack", "label", "trim", "subset"])
    static let df = ASVspoof2021(
        layout: .asvspoof2021DF, track: "DF",
        columns: [
            "speaker", "trial", "compr", "source", "attack", "label", "trim", "subset", "vocoder", "task", "team", "gender-pair",
            "language",
        ])

    /// The archive unpacks to `keys/TRACK/CM`; some people keep it one folder higher or in a folder of the archive's name.
    var lists: [String] {
        ["keys/\(track)", track, "\(track)-keys-full/keys/\(track)"].map { "\($0)/CM/trial_metadata.txt" }
    }

    func table(_ lines: ProtocolLines, root: URL, base: String, subset: CorpusSubset) throws(TableError) -> TrialTable {
        let archive = "ASVspoof2021_\(track)_eval"
        let folder = try CorpusFolder.recordings(["\(base)\(archive)/flac", "\(base)flac", "\(archive)/flac"], root: root, for: layout)
        let table = try lines.table(layout.title, columns: columns) { fields in
            guard fields["subset"] == subset.rawValue else { return nil }
            let speaker = fields["speaker"] ?? fields["spk"] ?? ""
            var groups = ["speaker": speaker, "source": fields["source"] ?? speaker]
            // The list repeats the word bonafide where a person has no attack.
            groups["system"] = fields["attack"] == "bonafide" ? "" : fields["attack"]
            groups["channel"] = fields["codec"] ?? fields["compr"]
            groups["transmission"] = fields["trans"]
            groups["system_family"] = fields["vocoder"] == "bonafide" ? "" : fields["vocoder"]
            groups["language"] = fields["language"]
            groups["trim"] = fields["trim"]
            return ("\(folder)/\(fields["trial"]!).flac", fields["label"]!, groups)
        }
        guard !table.trials.isEmpty else {
            throw TableError("\(lines.name): no trial of the subset \(subset.rawValue); there are progress, eval, hidden")
        }
        return table
    }
}
