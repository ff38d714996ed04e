import Classifier

/// Judges one leg of a call: hops of the score track in, alerts at exact samples out, and at the end the verdict.
///
/// A pure value without audio, files or clock, and the only place where anything is decided. Live screening, replay of a
/// stored track and tuning feed the same value, so the same hops give the same alerts, to the byte.
///
/// Two kinds of evidence raise an alert, each with thresholds of its own: the sliding window over the last seconds of net
/// speech (a call in a cloned voice), by a value or by staying near it (`Steady`), and the change test (a voice swapped in
/// mid-call). Only hops of speech count: silence changes nothing. An alert is raised once a run of evidence, and ends when
/// both kinds of evidence have left it for the rule's hold. Where a change raised it, the window is cut back to the moment of
/// the change, so that it holds the new voice and not the person before it.
///
/// **The next voice.** Where an alert ends, the voice that raised it has stopped, and the evidence starts anew: window and
/// change test are emptied, and an alert needs the minimum of net speech afresh. Only evidence ends a voice, never a pause:
/// silence is no evidence of who speaks next, and a person who thinks for ten seconds is still the same person. Where the
/// only alert rests on the leg's first speech, ended, and the voice after it is human on its own evidence, that alert was an
/// announcement, and the leg's outcome is that of the next voice. Not so where one channel holds both parties: there the
/// answer of the called person would acquit the machine that called.
///
/// **Copies.** Making a judge fills a table; copying one is cheap. To judge many legs at one operating point, make one and
/// copy it for each. A push takes constant time and does not allocate, unless an alert is raised.
///
/// With a higher alert threshold the first alert is never earlier. Later ones may be, and there may be more of them: a long
/// alert at a low threshold can be several at a higher one. So false alarms are counted anew for each threshold.
public struct LegJudge: Sendable {
    /// What happened at a hop; at most one thing does.
    public enum Action: Sendable, Equatable {
        case watchBegan(atSample: Int)
        case watchEnded(atSample: Int)
        case raised(Alert)
        /// The same alert, complete with where it ended.
        case ended(Alert)
    }

    public let operatingPoint: OperatingPoint
    /// Length of a hop.
    public let hopSamples: Int
    private let table: LLRTable
    private let mayHoldBothParties: Bool
    private let alertMinimum: Int
    private let alertHold: Int
    private let watchMinimum: Int
    private let watchHold: Int
    private let verdictMinimum: Int

    /// The level after the last hop.
    public private(set) var level = Level.clear
    /// Calibrated log likelihood ratio of the sliding window after the last hop (natural log, positive is synthetic); nil
    /// while the window is empty: before the first speech, and after an alert has ended.
    public private(set) var windowLLR: Double?
    /// In order of time; the last one is without an end while it lasts.
    public private(set) var alerts: [Alert] = []
    private var endSample = 0
    private var line: LineEstimate
    private var window: SlidingWindow
    private var change: ChangeTest?
    private var steady: RunningMinimum?
    private var speechHops = 0
    private var evidenceSum: Int64 = 0
    private var openingLLR: Double?
    /// Of the present voice.
    private var voiceHops = 0
    private var voiceSum: Int64 = 0
    private var strongest: Stretch?
    private var weakestLLR = Double.infinity
    /// Hops of speech since the evidence left the present level, and where it did.
    private var lapsedHops = 0
    private var lapsedAt = 0
    private var disclosedAt: Int?

    /// - Parameters:
    ///   - calibration: the model's.
    ///   - recalibration: the policy's, if it has one.
    ///   - hopSamples: length of a hop of the track; `Model.samplesPerHop`.
    ///   - mayHoldBothParties: the leg is a recording's only channel.
    /// - Precondition: `operatingPoint.fault` and `recalibration.fault` are nil.
    public init(
        operatingPoint: OperatingPoint, calibration: Calibration, recalibration: Recalibration? = nil, hopSamples: Int,
        mayHoldBothParties: Bool = false
    ) {
        precondition(operatingPoint.fault == nil, operatingPoint.fault ?? "")
        precondition(recalibration?.fault == nil, recalibration?.fault ?? "")
        precondition(hopSamples > 0, "a hop has samples")
        let hopSeconds = LegTime.seconds(hopSamples)
        /// The least number of hops that lasts that long; a millionth of a hop takes up rounding.
        func hops(_ seconds: Double) -> Int { Int((seconds / hopSeconds - 1e-6).rounded(.up)) }
        self.operatingPoint = operatingPoint
        self.hopSamples = hopSamples
        self.mayHoldBothParties = mayHoldBothParties
        alertMinimum = max(1, hops(operatingPoint.alert.minimumNetSpeechSeconds))
        alertHold = hops(operatingPoint.alert.holdNetSpeechSeconds)
        watchMinimum = max(1, hops(operatingPoint.watch.minimumNetSpeechSeconds))
        watchHold = hops(operatingPoint.watch.holdNetSpeechSeconds)
        verdictMinimum = max(1, hops(operatingPoint.minimumNetSpeechSeconds))
        window = SlidingWindow(capacity: max(1, hops(operatingPoint.windowNetSpeechSeconds)))
        table = LLRTable(calibration, recalibration, hopSamples: hopSamples, windowHops: window.capacity)
        line = LineEstimate(hopSamples: hopSamples)
        steady = operatingPoint.steady.map { RunningMinimum(capacity: max(1, hops($0.netSpeechSeconds))) }
        let ceiling = operatingPoint.alert.change?.begins ?? operatingPoint.watch.change?.begins ?? .infinity
        change = operatingPoint.changeDrift.map { ChangeTest(drift: $0, ceiling: ceiling) }
    }

    /// Net speech heard so far, in seconds. Exact: hops times their length in seconds would carry a rounding error.
    public var netSpeechSeconds: Double { LegTime.seconds(speechHops * hopSamples) }

    /// The change test's sum after the last hop, in units of evidence, no LLR; nil where there is no change test.
    public var changeSum: Double? { change?.sum }

    /// The lowest `windowLLR` over the present voice's last `steady.netSpeechSeconds`; nil where less of it was heard, and where the operating
    /// point has no `steady`.
    public var steadyLLR: Double? { steady?.minimum }

    /// What the line is like so far.
    public var conditions: LineConditions { line.conditions }

    /// Takes the next hop.
    /// - Precondition: hops come in order of time and do not overlap.
    public mutating func push(_ hop: Hop) -> Action? {
        precondition(hop.startSample >= endSample, "a hop came out of order")
        endSample = hop.startSample + hopSamples
        // Speech that ended before the sound went is heard; where the whole hop is missing there is none.
        let isSpeech = hop.isSpeech && hop.evidence.isFinite && hop.lostSamples + hop.pausedSamples < hopSamples
        line.add(hop, isSpeech: isSpeech)
        if isSpeech { hear(hop) }
        if let disclosedAt, endSample > disclosedAt { return fallSilent(at: disclosedAt) }
        return isSpeech ? decide() : nil
    }

    /// The caller's voice was said to be a machine's: from here on nothing is alerted, and what was heard stays on record. An
    /// alert that is on ends here; hops that end later are silent. Said again, the first time counts.
    /// - Precondition: no hop that ends after `sample` was pushed.
    public mutating func disclose(atSample sample: Int) {
        precondition(sample >= endSample, "a disclosure cannot lie before hops that are judged already")
        if disclosedAt == nil { disclosedAt = sample }
    }

    /// The verdict on all hops so far. Changes nothing, so that a running call can be asked.
    public func verdict() -> Verdict {
        let llr = speechHops > 0 ? legLLR : nil
        let conditions = line.conditions
        let outside = operatingPoint.conditions.outside(conditions)
        let next = nextVoice
        let (outcome, reason) = outcome(llr: llr, isOutside: !outside.isEmpty, next: next)
        let isMixed = mayHoldBothParties && !alerts.isEmpty && weakestLLR <= -operatingPoint.alert.window.begins
        return Verdict(
            outcome: outcome, reason: reason, llr: llr, netSpeechSeconds: netSpeechSeconds, conditions: conditions,
            outside: outside, alerts: alerts, strongest: strongest, mayBeMixed: isMixed,
            nextVoice: outcome == .human ? next : nil, disclosedAtSample: disclosedAt, openingLLR: openingLLR)
    }

    // MARK: evidence

    /// Of all speech so far.
    private var legLLR: Double {
        table.llr(mean: ExactEvidence.mean(evidenceSum, of: speechHops), hops: speechHops, bandwidth: line.bandwidth)
    }

    private mutating func hear(_ hop: Hop) {
        let evidence = ExactEvidence.exact(hop.evidence)
        speechHops += 1
        voiceHops += 1
        evidenceSum += evidence
        voiceSum += evidence
        if speechHops == verdictMinimum { openingLLR = legLLR }
        window.push(evidence, startSample: hop.startSample)
        change?.push(hop.evidence, startSample: hop.startSample)
        let llr = table.windowLLR(mean: window.meanEvidence, hops: window.count, bandwidth: line.bandwidth)
        windowLLR = llr
        steady?.push(llr)
        guard window.count >= verdictMinimum else { return }
        weakestLLR = min(weakestLLR, llr)
        if llr > strongest?.windowLLR ?? -.infinity { strongest = present(llr) }
    }

    private func present(_ llr: Double) -> Stretch {
        Stretch(startSample: window.startSample, endSample: endSample, windowLLR: llr)
    }

    /// What the voice since the last alert is on its own evidence; nil where there was no alert that is over, or too little.
    private var nextVoice: NextVoice? {
        guard alerts.count == 1, alerts[0].isOpening, let end = alerts[0].endSample, !mayHoldBothParties,
            voiceHops >= verdictMinimum
        else { return nil }
        return NextVoice(
            startSample: end, netSpeechSeconds: LegTime.seconds(voiceHops * hopSamples),
            llr: table.llr(mean: ExactEvidence.mean(voiceSum, of: voiceHops), hops: voiceHops, bandwidth: line.bandwidth))
    }

    private func outcome(llr: Double?, isOutside: Bool, next: NextVoice?) -> (Outcome, InconclusiveReason?) {
        if disclosedAt != nil { return (.syntheticDisclosed, nil) }
        guard let llr else { return (.inconclusive, .noSpeech) }
        guard speechHops >= verdictMinimum else { return (.inconclusive, .tooLittleSpeech) }
        // This outranks an alert, which stands in the result all the same: what is outside can raise one by itself.
        if isOutside { return (.inconclusive, .outsideMeasuredConditions) }
        if let next, next.llr < operatingPoint.humanBelowLLR { return (.human, nil) }
        if !alerts.isEmpty || llr >= operatingPoint.syntheticAtLLR { return (.synthetic, nil) }
        return llr < operatingPoint.humanBelowLLR ? (.human, nil) : (.inconclusive, .weakEvidence)
    }
}

// MARK: levels

extension LegJudge {
    private mutating func decide() -> Action? {
        let llr = windowLLR!
        if level == .alert {
            if llr > alerts[alerts.count - 1].strongest.windowLLR { alerts[alerts.count - 1].strongest = present(llr) }
            guard hasLapsed(operatingPoint.alert, hold: alertHold, llr: llr) else { return nil }
            return endAlert(at: lapsedAt)
        }
        if voiceHops >= alertMinimum, let evidence = reached(operatingPoint.alert, llr: max(llr, steadyReach)) {
            lapsedHops = 0
            level = .alert
            alerts.append(alert(by: evidence, llr: llr))
            if evidence == .change { forgetThePerson() }
            return .raised(alerts[alerts.count - 1])
        }
        if level == .watch {
            guard hasLapsed(operatingPoint.watch, hold: watchHold, llr: llr) else { return nil }
            level = .clear
            return .watchEnded(atSample: endSample)
        }
        guard voiceHops >= watchMinimum, reached(operatingPoint.watch, llr: llr) != nil else { return nil }
        lapsedHops = 0
        level = .watch
        return .watchBegan(atSample: endSample)
    }

    /// The threshold that the steady evidence reaches; -infinity where there is none.
    private var steadyReach: Double {
        guard let steadyLLR, let margin = operatingPoint.steady?.margin else { return -.infinity }
        return steadyLLR + margin
    }

    private func reached(_ rule: LevelRule, llr: Double) -> Alert.Evidence? {
        if llr >= rule.window.begins { return .window }
        guard let change, let thresholds = rule.change, change.sum >= thresholds.begins else { return nil }
        return .change
    }

    private mutating func hasLapsed(_ rule: LevelRule, hold: Int, llr: Double) -> Bool {
        var isLeft = llr < rule.window.endsBelow
        if let change, let thresholds = rule.change, change.sum >= thresholds.endsBelow { isLeft = false }
        guard isLeft else {
            lapsedHops = 0
            return false
        }
        if lapsedHops == 0 { lapsedAt = endSample }
        lapsedHops += 1
        return lapsedHops > hold
    }

    /// After a change, the window is about the new voice: it lets go of what was heard before.
    private mutating func forgetThePerson() {
        window.removeAll(before: alerts[alerts.count - 1].startSample)
        let llr = table.windowLLR(mean: window.meanEvidence, hops: window.count, bandwidth: line.bandwidth)
        windowLLR = llr
        steady?.removeAll()
        alerts[alerts.count - 1].strongest = present(llr)
    }

    private func alert(by evidence: Alert.Evidence, llr: Double) -> Alert {
        let conditions = line.conditions
        let outside = operatingPoint.conditions.outside(conditions)
        return Alert(
            raisedBy: evidence,
            startSample: evidence == .window ? window.startSample : change?.startSample ?? window.startSample, atSample: endSample,
            atNetSpeechSeconds: netSpeechSeconds, windowLLR: llr, changeSum: change?.sum, strongest: present(llr),
            isOpening: speechHops <= window.capacity, outside: outside, line: outside.isEmpty ? nil : conditions,
            operatingPoint: operatingPoint.name, measurement: operatingPoint.measurement)
    }

    /// Ends the alert that is on; what comes is the next voice.
    private mutating func endAlert(at sample: Int) -> Action {
        alerts[alerts.count - 1].endSample = sample
        level = .clear
        window.removeAll()
        change?.restart()
        steady?.removeAll()
        windowLLR = nil
        voiceHops = 0
        voiceSum = 0
        return .ended(alerts[alerts.count - 1])
    }

    private mutating func fallSilent(at sample: Int) -> Action? {
        switch level {
        case .alert: return endAlert(at: sample)
        case .watch:
            level = .clear
            return .watchEnded(atSample: sample)
        case .clear: return nil
        }
    }
}
