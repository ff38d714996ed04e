import Alerting
import Classifier

/// A leg drawn as a line of characters, one hop of one second each: a digit or a letter is the evidence of speech (a = -1,
/// b = -2, ...), a space is silence, `x` is a hop that was lost. The calibration changes nothing, so `windowLLR` is the mean
/// evidence of the window.
enum Timeline {
    static let hopSamples = LegTime.sampleRate
    static let plain = Calibration.Curve(netSpeechSeconds: [1], scale: [1], offset: [0])
    static let calibration = Calibration(narrowband: plain, wideband: plain)

    /// A window of 4 s; alert from 4 to 2, watch from 2 to 1; 3 s of speech for an alert or a verdict, 2 s for a watch.
    static func point(_ change: (inout OperatingPoint) -> Void = { _ in }) -> OperatingPoint {
        var point = OperatingPoint(
            name: "drawn", windowNetSpeechSeconds: 4,
            watch: LevelRule(window: Hysteresis(begins: 2, endsBelow: 1), minimumNetSpeechSeconds: 2),
            alert: LevelRule(window: Hysteresis(begins: 4, endsBelow: 2), minimumNetSpeechSeconds: 3),
            syntheticAtLLR: 4, humanBelowLLR: -2, minimumNetSpeechSeconds: 3)
        change(&point)
        return point
    }

    static func judge(
        _ point: OperatingPoint = Timeline.point(), recalibration: Recalibration? = nil, both: Bool = false
    ) -> LegJudge {
        LegJudge(
            operatingPoint: point, calibration: calibration, recalibration: recalibration, hopSamples: hopSamples,
            mayHoldBothParties: both)
    }

    static func hops(_ line: String) -> [Hop] {
        line.enumerated().map { index, mark in
            let start = index * hopSamples
            if mark == " " { return Hop(startSample: start) }
            if mark == "x" { return Hop(startSample: start, evidence: 9, isSpeech: true, lostSamples: hopSamples) }
            let evidence = mark.wholeNumberValue.map(Float.init) ?? -Float(mark.asciiValue! - 96)
            return Hop(startSample: start, evidence: evidence, isSpeech: true, levelDBFS: -20, quietestDBFS: -50)
        }
    }

    /// What the judge does, below the hops: `.` nothing, `w` a watch begins, `c` it ends, `!` an alert is raised by the
    /// window, `?` by the change test, `)` it ends.
    static func drawn(_ line: String, _ judge: LegJudge = judge()) -> String { run(line, judge).drawn }

    static func run(_ line: String, _ fresh: LegJudge = judge()) -> (drawn: String, judge: LegJudge, actions: [LegJudge.Action]) {
        var judge = fresh
        var actions: [LegJudge.Action] = []
        let marks = hops(line).map { hop -> Character in
            guard let action = judge.push(hop) else { return "." }
            actions.append(action)
            switch action {
            case .watchBegan: return "w"
            case .watchEnded: return "c"
            case .raised(let alert): return alert.raisedBy == .window ? "!" : "?"
            case .ended: return ")"
            }
        }
        return (String(marks), judge, actions)
    }
}
