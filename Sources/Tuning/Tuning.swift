import Alerting
import Classifier
import Evaluation
import Foundation
import Text

/// Finds the operating point that keeps a promise, on scored legs whose truth is known; or says why there is none.
///
/// 1. One pass over every track finds the leg's peaks (`LegPeaks`).
/// 2. The legs are divided so that no source, speaker or recording is in two parts (`DataDivision`).
/// 3. Steps lead from strict to lenient: thresholds that alarm fewer or more of the people they are chosen on. At each step
///    thresholds are chosen on some parts and alarms counted on the others (`ThresholdChoice`, `AlarmReplay`), until the
///    promise would exceed the target. The last step before that is taken.
///
/// Why in that order: each step's bound holds with 95 % confidence by itself. Walked in a fixed order from the strict end and
/// stopped at the first failure, a step that breaks its promise is taken in at most one case of twenty (fixed-sequence testing;
/// A. Angelopoulos et al., "Learn then test", 2021, section 3.2). Tried in any order, the luckiest would be taken.
/// The bound holds for thresholds chosen on as much as each round chose on. Cross-validated, the operating point is chosen on
/// all legs, a little more; its thresholds are the rounds' own, or nearly.
///
/// Complexity: hops for the peaks, legs times their logarithm for each round and step.
public struct Tuning: Sendable {
    let legs: [ScoredLeg]
    let options: TuningOptions
    let replay: AlarmReplay
    let peaks: [LegPeaks]
    let drifts: [Double]
    /// Net speech in which an alarm could be raised, in hours; human legs only, 0 for the others.
    let hours: [Double]
    let division: DataDivision
    let rounds: [Round]
    /// Chooses on all legs but those that are only measured.
    let wholeRound: Round
    let recalibrationFit: RecalibrationFit?
    /// The LLR of each leg, corrected without its own part where the calibration was corrected; nil without one.
    let heldOutLLRs: [Double?]
    let speechShare: Double

    /// One division into legs that thresholds are chosen on and legs that are measured.
    struct Round: Sendable {
        var choice: ThresholdChoice
        /// Hours of people chosen on.
        var hours: Double
        /// Below it at most one in twenty of the synthetic legs chosen on is called human; nil without such legs.
        var humanBelow: Double?
        var measured: [Int]
    }

    /// - Parameters:
    ///   - legs: with evidence of the scale of `calibration`.
    ///   - hopSamples: length of a hop.
    /// - Throws: `TableError` when a class is missing, a score is not a number, or all scores are equal.
    public init(_ legs: [ScoredLeg], calibration: Calibration, hopSamples: Int, options: TuningOptions) throws(TableError) {
        try Self.check(legs, hopSamples: hopSamples)
        self.legs = legs
        self.options = options
        drifts = Self.drifts(legs, hopSamples: hopSamples)
        let plain = AlarmReplay(calibration: calibration, recalibration: nil, hopSamples: hopSamples)
        var peaks = plain.peaks(of: legs, base: options.base, drifts: drifts)
        let finite = legs.indices.filter { !legs[$0].isOther && peaks[$0].window.isFinite }.map { peaks[$0].window }
        if let first = finite.first, finite.count > 1, finite.allSatisfy({ $0 == first }) {
            throw TableError(
                "the strongest window of all \(finite.count) legs has the same LLR, \(first): such scores tell nobody apart; score with another model"
            )
        }
        let hours = legs.indices.map { legs[$0].isHuman ? peaks[$0].exposedSeconds / 3600 : 0 }
        self.hours = hours
        let line = legs.indices.reduce(0.0) { legs[$1].isHuman ? $0 + peaks[$1].lineSeconds : $0 }
        let speech = legs.indices.reduce(0.0) { legs[$1].isHuman ? $0 + peaks[$1].legSpeechSeconds : $0 }
        let share = options.speechShare ?? (line > 0 ? min(max(speech / line, 0.001), 1) : 1)
        speechShare = share

        // Half of the hours must bear the target with thirty alarms: choosing on fewer, and measuring on fewer sources, costs more
        // than cross-validation does. Otherwise every leg is needed for both.
        let rate = options.target?.falseAlarmsPerHour(speechShare: share)
        let total = hours.reduce(0, +)
        let isLong = rate.map { FalseAlarmCount.hoursNeeded(for: $0, alarms: 30) <= total / 2 } ?? false
        var division = DataDivision(legs, hours: hours, by: options.unit, halves: isLong)
        if isLong, !Self.halvesBear(division, legs, hours) { division = DataDivision(legs, hours: hours, by: options.unit, halves: false) }
        self.division = division

        try Self.check(options.unit, legs)
        var fit: RecalibrationFit?
        var usable: [Int] = []
        if options.recalibrates {
            usable = legs.indices.filter { !legs[$0].isOther && !legs[$0].isMeasuredOnly && peaks[$0].leg.isFinite }
            fit = RecalibrationFit(
                scores: usable.map { peaks[$0].leg }, isSynthetic: usable.map { legs[$0].isSynthetic },
                parts: usable.map { division.part[$0] }, units: usable.map { division.part[$0] })
        }
        recalibrationFit = fit
        if let map = fit?.recalibration {
            // The map never falls, so the peak of the corrected scores is the corrected peak.
            for index in peaks.indices {
                if peaks[index].window.isFinite { peaks[index].window = map(peaks[index].window) }
                if peaks[index].steady.isFinite { peaks[index].steady = map(peaks[index].steady) }
                if peaks[index].leg.isFinite { peaks[index].leg = map(peaks[index].leg) }
                if peaks[index].opening.isFinite { peaks[index].opening = map(peaks[index].opening) }
            }
        }
        if let margin = options.base.steady?.margin {
            // From here on the peak is the highest threshold that the leg reaches, in either way.
            for index in peaks.indices { peaks[index].window = max(peaks[index].window, peaks[index].steady + margin) }
        }
        var heldOut: [Double?] = legs.indices.map { legs[$0].isOther || !peaks[$0].leg.isFinite ? nil : peaks[$0].leg }
        if let fit { for (index, llr) in zip(usable, fit.heldOut) { heldOut[index] = llr } }
        heldOutLLRs = heldOut
        self.peaks = peaks
        replay = AlarmReplay(calibration: calibration, recalibration: fit?.recalibration, hopSamples: hopSamples)
        rounds = division.rounds.filter { !$0.measured.isEmpty }.map { [drifts, peaks] in
            Self.round(chosenOn: $0.chosenOn, measured: $0.measured, legs, peaks, hours, drifts)
        }
        wholeRound = Self.round(
            chosenOn: legs.indices.filter { !legs[$0].isMeasuredOnly }, measured: [], legs, peaks, hours, drifts)
    }

    private static func round(
        chosenOn: [Int], measured: [Int], _ legs: [ScoredLeg], _ peaks: [LegPeaks], _ hours: [Double], _ drifts: [Double]
    ) -> Round {
        Round(
            choice: ThresholdChoice(
                humans: chosenOn.filter { legs[$0].isHuman }.map { peaks[$0] },
                synthetics: chosenOn.filter { legs[$0].isSynthetic }.map { peaks[$0] }, drifts: drifts),
            hours: chosenOn.reduce(0) { $0 + hours[$1] }, humanBelow: humanBelow(chosenOn.filter { legs[$0].isSynthetic }.map { peaks[$0].leg }),
            measured: measured)
    }

    /// At most one synthetic leg of twenty is called human: a false all-clear is an error too. nil without a leg that has an LLR.
    private static func humanBelow(_ llrs: [Double]) -> Double? {
        let llrs = llrs.filter(\.isFinite).sorted()
        return llrs.isEmpty ? nil : (quantile(llrs, 0.05) * 100).rounded(.down) / 100
    }

    /// What is to stand in one part only must be shown by a column.
    private static func check(_ unit: DataDivision.Unit?, _ legs: [ScoredLeg]) throws(TableError) {
        guard let unit, !DataDivision.isShown(unit, by: legs) else { return }
        throw TableError(
            "--by \(unit.rawValue): no recording of a person names its \(unit.rawValue); "
                + "add the column \(unit.rawValue) to a manifest, or say --by call")
    }

    /// Both halves need people and synthetic voices, and the measured one half of the hours or nearly.
    private static func halvesBear(_ division: DataDivision, _ legs: [ScoredLeg], _ hours: [Double]) -> Bool {
        (0..<2).allSatisfy { half in
            let own = legs.indices.filter { division.part[$0] == half }
            return own.contains { legs[$0].isHuman } && own.contains { legs[$0].isSynthetic }
                && own.reduce(0) { $0 + hours[$1] } >= 0.3 * hours.reduce(0, +)
        }
    }

    private static func check(_ legs: [ScoredLeg], hopSamples: Int) throws(TableError) {
        let human = legs.count { $0.isHuman && !$0.isMeasuredOnly }
        let synthetic = legs.count { $0.isSynthetic && !$0.isMeasuredOnly }
        guard human > 0, synthetic > 0 else {
            throw TableError("\(human) human and \(synthetic) synthetic legs; a threshold is chosen between the two, so both are needed")
        }
        let problems: [String] = legs.compactMap { leg in
            guard let hop = leg.hops.first(where: { $0.isSpeech && !$0.evidence.isFinite }) else { return nil }
            return "\(leg.name): the evidence at \(LegTime.seconds(hop.startSample)) s is \(hop.evidence), which is not a number; score it again"
        }
        guard problems.isEmpty else { throw TableError(problems) }
    }

    /// Drifts to try, between the mean evidence of people and that of synthetic voices: at a quarter, a half and three quarters.
    /// None where the means are not in that order: no drift could then tell the two apart.
    private static func drifts(_ legs: [ScoredLeg], hopSamples: Int) -> [Double] {
        func mean(_ wanted: (ScoredLeg) -> Bool) -> Double {
            var sum = 0.0
            var count = 0
            for leg in legs where wanted(leg) && !leg.isMeasuredOnly {
                for hop in leg.hops where hop.isSpeech && leg.counts(endSample: hop.startSample + hopSamples) {
                    sum += Double(hop.evidence)
                    count += 1
                }
            }
            return count > 0 ? sum / Double(count) : .nan
        }
        let human = mean(\.isHuman)
        let synthetic = mean(\.isSynthetic)
        guard synthetic > human else { return [] }
        return [0.25, 0.5, 0.75].map { ((human + $0 * (synthetic - human)) * 1000).rounded() / 1000 }
    }
}

extension ScoredLeg {
    var isOther: Bool { if case .other = kind { true } else { false } }
    /// Whether a column says whose voice it is, or at least where it is from.
    var isNamed: Bool { !speaker.isEmpty || !source.isEmpty }
    /// Whose voice it is, for what clusters by voice: the speaker, or the most that is known.
    var voice: String { !speaker.isEmpty ? speaker : !source.isEmpty ? "(\(source))" : name }
}
