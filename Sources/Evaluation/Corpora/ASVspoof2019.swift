import Foundation
import Text

/// ASVspoof 2019, logical access (LA): `LA.zip`, which unpacks to `LA/` with `ASVspoof2019_LA_cm_protocols` and the recordings
/// `ASVspoof2019_LA_train/flac`, `_dev` and `_eval`.
///
/// Read from the owner's `README.LA.txt` in the archive (datashare.ed.ac.uk/handle/10283/3336): the tree, and the protocol's
/// five columns, of which the third is used for physical access only. A line is `LA_0039 LA_E_2834763 - A11 spoof`, or
/// `LA_0030 LA_E_5849185 - - bonafide`. The speaker, of either class, is taken for the source: spoofs imitate the same people.
enum ASVspoof2019 {
    static let columns = ["SPEAKER_ID", "AUDIO_FILE_NAME", "ENVIRONMENT", "SYSTEM_ID", "KEY"]

    /// In the folder of the archive's name, or beside the recordings.
    static func lists(subset: CorpusSubset) -> [String] {
        let name =
            switch subset {
            case .train: "ASVspoof2019.LA.cm.train.trn.txt"
            case .dev: "ASVspoof2019.LA.cm.dev.trl.txt"
            case .eval, .progress, .hidden: "ASVspoof2019.LA.cm.eval.trl.txt"
            }
        return ["ASVspoof2019_LA_cm_protocols/\(name)", name]
    }

    static func table(_ lines: ProtocolLines, root: URL, base: String, subset: CorpusSubset) throws(TableError) -> TrialTable {
        guard subset != .progress, subset != .hidden else {
            throw TableError("\(lines.name): ASVspoof 2019 has no subset \(subset.rawValue); there are train, dev, eval")
        }
        let archive = "ASVspoof2019_LA_\(subset.rawValue)"
        let folder = try CorpusFolder.recordings(
            ["\(base)\(archive)/flac", "\(archive)/flac", "\(base)flac"], root: root, for: .asvspoof2019LA)
        return try lines.table(CorpusLayout.asvspoof2019LA.title, columns: columns) { fields in
            let speaker = fields["SPEAKER_ID"]!
            return (
                "\(folder)/\(fields["AUDIO_FILE_NAME"]!).flac", fields["KEY"]!,
                ["speaker": speaker, "source": speaker, "system": fields["SYSTEM_ID"]!]
            )
        }
    }
}
