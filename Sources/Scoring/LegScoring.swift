import Alerting
import Audio
import Classifier
import Evaluation
import Foundation
import Screening
import Text
import Tuning

/// Scores labelled recordings as whole tracks, each once; what was scored before is remembered.
public struct LegScoring {
    private let policyModel: Model
    private let root: URL
    private let cacheFolder: URL?
    private let work: Work
    private let complain: (String) -> Void

    /// - Parameters:
    ///   - policyModel: the model that the policy is for: rows that name no other are scored with it.
    ///   - root: where the table's relative paths begin.
    ///   - cacheFolder: nil to score everything afresh.
    ///   - complain: told in one line of a recording that cannot be read.
    public init(policyModel: Model, root: URL, cacheFolder: URL?, work: Work, complain: @escaping (String) -> Void) {
        self.policyModel = policyModel
        self.root = root
        self.cacheFolder = cacheFolder
        self.work = work
        self.complain = complain
    }

    private struct Item: Sendable {
        var path: String
        var leg: LegChoice?
        var scoring: TrackScoring
        /// Its place in the table.
        var index: Int
    }

    /// - Returns: the legs in the table's order, and how many recordings could not be read. Those are told and left out.
    /// - Throws: `ModelError`; `TableError` for recordings that stand there twice under two names, and for synthetic ones of several channels
    ///   where nobody said which.
    public func score(_ table: CallTable) async throws -> (legs: [ScoredLeg], unreadable: Int) {
        let models = try models(table)
        var items: [Item] = []
        for (index, leg) in table.legs.enumerated() {
            let choice = leg.leg.isEmpty ? nil : try LegChoice(parsing: leg.leg)
            items.append(Item(path: leg.file(under: root).path, leg: choice, scoring: models[leg.model]!.scoring, index: index))
        }
        var legs: [Int: [ScoredLeg]] = [:]
        var placeOfDigest: [String: Int] = [:]
        var problems: [String] = []
        var unreadable = 0
        try await work.run(items) { item throws(AudioError) in
            let digest = ScoreCache.digest(ofFile: item.path)
            return (digest, try item.scoring.tracks(.path(item.path, raw: nil), digest: digest, leg: item.leg))
        } take: { item, result in
            let index = item.index
            switch result {
            case .failure(let error):
                complain(error.description)
                unreadable += 1
                return 0
            case .success(let (digest, tracks)):
                let key = digest.map { "\($0) \(table.legs[index].leg)" }
                if let key, let first = placeOfDigest.updateValue(index, forKey: key) {
                    let (a, b) = (table.legs[min(first, index)].path, table.legs[max(first, index)].path)
                    problems.append("\(table.name): \(b) is the same recording as \(a); a recording counts once")
                }
                let label = table.legs[index]
                if label.label == .synthetic, label.leg.isEmpty, tracks.legs.count > 1 {
                    problems.append(
                        "\(table.name): \(label.path) has \(tracks.legs.count) channels; say in the column leg which of them is synthetic")
                }
                let scale = models[label.model]!.scale
                legs[index] = tracks.legs.map { track in
                    ScoredLeg(
                        label, name: tracks.legs.count > 1 ? "\(label.path) (\(track.name))" : label.path, hops: mapped(track.hops, scale),
                        hopSamples: tracks.hopSamples, mayHoldBothParties: tracks.isOnlyChannel)
                }
                return Double(tracks.legs.reduce(0) { $0 + $1.hops.count } * tracks.hopSamples) / Double(LegTime.sampleRate)
            }
        }
        guard problems.isEmpty else { throw TableError(problems.sorted()) }
        return (legs.keys.sorted().flatMap { legs[$0]! }, unreadable)
    }

    private func models(_ table: CallTable) throws -> [String: (scoring: TrackScoring, scale: EvidenceScale?)] {
        var models: [String: (scoring: TrackScoring, scale: EvidenceScale?)] = [:]
        for name in Set(table.legs.map(\.model)) {
            let model = name.isEmpty ? policyModel : try Model(path: name.hasPrefix("/") ? name : root.appending(path: name).path)
            guard model.samplesPerHop == policyModel.samplesPerHop else {
                throw ModelError.otherHops(path: name)
            }
            let scale =
                model.identity == policyModel.identity
                ? nil
                : EvidenceScale(
                    from: model.calibration, to: policyModel.calibration, netSpeechSeconds: OperatingPoint.provisional.windowNetSpeechSeconds)
            models[name] = (try scoring(model), scale)
        }
        return models
    }

    private func scoring(_ model: Model) throws -> TrackScoring {
        let screening = RecordingScreening(model: model, policy: .provisional)
        do { return try TrackScoring(screening, cacheFolder: cacheFolder) } catch {
            complain("tracks cannot be remembered (\((error as NSError).localizedDescription)); scoring without")
            return try TrackScoring(screening, cacheFolder: nil)
        }
    }

    private func mapped(_ hops: [Hop], _ scale: EvidenceScale?) -> [Hop] {
        scale.map { $0.mapped(hops, bandwidth: Bandwidth(ofSpeechIn: hops)) } ?? hops
    }
}
