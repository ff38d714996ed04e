import Alerting
import Evaluation
import Policies

extension TuningResult {
    /// The policy that the result stands for; nil where nothing was set.
    ///
    /// - Parameters:
    ///   - target: what was asked for, in one sentence.
    ///   - madeBy: the program and its version.
    public func policy(name: String, madeBy: String, model: Policy.ModelReference, target: String) -> Policy? {
        guard var operatingPoint else { return nil }
        // The file says it once, in `detections`, with the waits.
        operatingPoint.measurement?.wholeCalls = nil
        operatingPoint.measurement?.midCalls = nil
        let detections = [(Policy.Detection.wholeCall, waits.wholeCall), (Policy.Detection.midCall, waits.midCall)].compactMap {
            kind, time -> Policy.Detection? in
            guard time.voices > 0 else { return nil }
            return Policy.Detection(
                operatingPoint: operatingPoint.name, kind: kind, calls: time.voices, detected: time.alerted,
                medianNetSpeechSeconds: time.medianNetSpeechSeconds, ninetiethNetSpeechSeconds: time.ninetiethNetSpeechSeconds,
                medianLineSeconds: time.medianLineSeconds, ninetiethLineSeconds: time.ninetiethLineSeconds)
        }
        return Policy(
            name: name, madeBy: madeBy, model: model, target: target, operatingPoints: [operatingPoint], recalibration: recalibration,
            chosenOn: chosenOn, measuredOn: measuredOn, splitBy: division.unit.rawValue, isCrossValidated: division.isCrossValidated,
            detections: detections, peopleScores: peopleScores)
    }
}

extension Tuning {
    /// How people's legs among these scored. Copies of one recording count once, as they do in the promise.
    func peopleScores(_ indices: [Int]) -> PeopleScores? {
        var recordings: Set<String> = []
        let people = indices.filter {
            legs[$0].isHuman && peaks[$0].opening.isFinite && (legs[$0].recording.isEmpty || recordings.insert(legs[$0].recording).inserted)
        }
        let bands = Bandwidth.allCases.compactMap { bandwidth in
            PopulationStability.Reference(people.filter { peaks[$0].conditions.bandwidth == bandwidth }.map { peaks[$0].opening }).map {
                PeopleScores.Band(bandwidth: bandwidth, edges: $0.edges, calls: $0.counts)
            }
        }
        return bands.isEmpty ? nil : PeopleScores(netSpeechSeconds: options.base.minimumNetSpeechSeconds, bands: bands)
    }

    /// Some legs in numbers.
    func part(_ indices: [Int], _ description: String) -> Policy.Part {
        let people = indices.filter { legs[$0].isHuman }
        let voices = indices.filter { legs[$0].isSynthetic }
        func hours(_ legs: [Int], _ seconds: (LegPeaks) -> Double) -> Double { legs.reduce(0) { $0 + seconds(peaks[$1]) } / 3600 }
        return Policy.Part(
            description: description, humanCalls: people.count, syntheticCalls: voices.count,
            humanNetSpeechHours: hours(people, \.netSpeechSeconds), humanLineHours: hours(people, \.lineSeconds),
            syntheticNetSpeechHours: hours(voices, \.netSpeechSeconds),
            speakers: Set(people.filter { legs[$0].isNamed }.map { legs[$0].voice }).count,
            sources: Set(people.map { legs[$0].source }.filter { !$0.isEmpty }).count)
    }
}
