import Alerting
import Classifier
import Evaluation

@testable import Tuning

/// Hops of 200 ms, drawn: what each hop of speech says, `nil` for silence.
func hops(_ evidence: [Float?]) -> [Hop] {
    evidence.enumerated().map { index, value in
        Hop(
            startSample: index * 3200, evidence: value ?? 0, isSpeech: value != nil, levelDBFS: -25, quietestDBFS: -60, lowerBandPower: 1)
    }
}

/// The window's LLR is the mean evidence, however long the speech.
let plainCalibration = Calibration(
    narrowband: .init(netSpeechSeconds: [1], scale: [1], offset: [0]), wideband: .init(netSpeechSeconds: [1], scale: [1], offset: [0]))

func leg(
    _ name: String, _ evidence: [Float?], kind: ScoredLeg.Kind = .human, speaker: String = "", source: String = "",
    recording: String = "", counted: [Range<Int>]? = nil
) -> ScoredLeg {
    var range = 0..<evidence.count * 3200
    if case .synthetic(let start, _) = kind { range = start..<evidence.count * 3200 }
    return ScoredLeg(
        name: name, kind: kind, counted: counted ?? [range], speaker: speaker, source: source, recording: recording, hops: hops(evidence))
}

/// Calls with a level each: people about -2, one in twenty of them about 0.5; synthetic voices about 2; spread 0.6. Seeded.
func drawnCalls(people: Int, voices: Int, seconds: Double = 60, seed: UInt64 = 1, sources: Int = 12) -> [ScoredLeg] {
    var generator = SplitMix64(seed: seed)
    /// About normal, of variance 1.
    func noise() -> Float { Float((0..<12).reduce(0) { sum, _ in sum + generator.next(below: 1000) }) / 1000 - 6 }
    let count = Int(seconds * 5)
    return (0..<people + voices).map { index in
        let isHuman = index < people
        let level: Float = 0.6 * noise() + (isHuman ? (generator.next(below: 20) == 0 ? 0.5 : -2) : 2)
        let isMid = !isHuman && index % 2 == 0
        let evidence = (0..<count).map { hop -> Float? in
            hop % 4 == 3 ? nil : (isMid && hop < count / 2 ? -2 : level) + 0.4 * noise()
        }
        return leg(
            "call \(index)", evidence, kind: isHuman ? .human : .synthetic(startSample: isMid ? count / 2 * 3200 : 0, isMidCall: isMid),
            speaker: "speaker \(index)", source: "source \(index % sources)")
    }
}

func near(_ value: Double, _ expected: Double, within tolerance: Double = 1e-12) -> Bool {
    abs(value - expected) <= tolerance * max(1, abs(expected))
}
