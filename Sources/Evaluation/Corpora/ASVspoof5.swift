import Foundation
import Text

/// ASVspoof 5, track 1: `ASVspoof5.train.tsv`, `ASVspoof5.dev.track_1.tsv`, `ASVspoof5.eval.track_1.tsv` and the folders
/// `flac_T`, `flac_D`, `flac_E_eval`.
///
/// Read from the owner's `README.txt` in the corpus' archive (zenodo.org/records/14498691), sections 1 and 3. Its fields stand
/// apart by spaces in spite of the name; there are ten, though the text above them says five. A coded recording names the one
/// it was made of in `CODEC_SEED`: both are one recording, the group `recording`.
enum ASVspoof5 {
    static let columns = [
        "SPEAKER_ID", "FLAC_FILE_NAME", "SPEAKER_GENDER", "CODEC", "CODEC_Q", "CODEC_SEED", "ATTACK_TAG", "ATTACK_LABEL", "KEY", "TMP",
    ]

    /// Beside the recordings' folders, or in a folder of the archive's name.
    static func lists(subset: CorpusSubset) -> [String] {
        let name =
            switch subset {
            case .train: "ASVspoof5.train.tsv"
            case .dev: "ASVspoof5.dev.track_1.tsv"
            case .eval, .progress, .hidden: "ASVspoof5.eval.track_1.tsv"
            }
        return [name, "ASVspoof5_protocols/\(name)"]
    }

    static func table(_ lines: ProtocolLines, root: URL, base: String, subset: CorpusSubset) throws(TableError) -> TrialTable {
        let (archive, set) =
            switch subset {
            case .train: ("flac_T", "train")
            case .dev: ("flac_D", "dev")
            case .eval, .progress, .hidden: ("flac_E_eval", "eval")
            }
        guard subset != .progress, subset != .hidden else {
            throw TableError("\(lines.name): ASVspoof 5 has no subset \(subset.rawValue); there are train, dev, eval")
        }
        let folder = try CorpusFolder.recordings(
            ["\(base)\(archive)", "\(base)ASVspoof5_\(set)/\(archive)", archive], root: root, for: .asvspoof5)
        return try lines.table(CorpusLayout.asvspoof5.title, columns: columns) { fields in
            let name = fields["FLAC_FILE_NAME"]!
            let speaker = fields["SPEAKER_ID"]!
            let original = fields["CODEC_SEED"]!
            return (
                "\(folder)/\(name).flac", fields["KEY"]!,
                [
                    "speaker": speaker, "source": speaker, "sex": fields["SPEAKER_GENDER"]!.lowercased(), "channel": fields["CODEC"]!,
                    "system": fields["ATTACK_LABEL"] == "bonafide" ? "" : fields["ATTACK_LABEL"]!, "attack_tag": fields["ATTACK_TAG"]!,
                    "recording": original.isEmpty ? name : original,
                ]
            )
        }
    }
}
