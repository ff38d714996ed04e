import Alerting
import Foundation
import Screening

@testable import Reporting

/// Made-up results; every figure in them is chosen, none is measured.
enum Sample {
    static let measured: OperatingPoint = {
        var point = OperatingPoint.provisional
        point.name = "quiet"
        point.conditions = MeasuredConditions(
            leastSpeechLevelDBFS: -45, mostSpeechLevelDBFS: -10, leastSignalToNoiseDB: 10, mostSignalToNoiseDB: 51, mostClippedShare: 0.01,
            mostLostShare: 0.02)
        point.measurement = OperatingPoint.Measurement(
            falseAlarms: 2, netSpeechHours: 31.5, calls: 410, callsWithFalseAlarm: 2, speakers: 88, sources: 7, speechShare: 0.4,
            poissonBoundPerHour: 0.2, bootstrapBoundPerHour: 0.15, perCallBound: 0.0153,
            description: "a made-up corpus of calls", wholeCalls: .init(calls: 120, detected: 26), midCalls: .init(calls: 60, detected: 12))
        return point
    }()

    static func provenance(_ point: OperatingPoint = .provisional) -> Provenance {
        Provenance(
            build: "0.1.0", modelName: "sample", modelIdentity: "0123456789abcdef0123456789abcdef", operatingPoint: point,
            policy: point.isProvisional ? nil : .init(name: "made-up", digest: String(repeating: "fedcba98", count: 8)), kernel: "avx2")
    }

    /// 60 s: human-like until 24 s, then machine-made; silence every fourth part of ten seconds.
    static func track(seconds: Double = 60) -> [HopScore] {
        (0..<Int(seconds * 5)).map { hop in
            let time = Double(hop) * 0.2
            let isSpeech = time >= 2 && time.truncatingRemainder(dividingBy: 10) < 7.5
            let lean = 1 / (1 + exp(-(time - 24) / 2))
            let llr = -2.6 + 6.6 * lean + 0.7 * sin(time * 1.3)
            return HopScore(
                hop: Hop(
                    startSample: hop * 3200, evidence: Float(llr / 10), isSpeech: isSpeech, levelDBFS: isSpeech ? -22.5 : -.infinity),
                speechProbability: isSpeech ? 0.97 : 0.02, windowLLR: time < 2 ? nil : llr, level: llr > 3 ? .alert : .clear)
        }
    }

    static func spectrogram(seconds: Double = 60) -> SpectrogramOverview {
        var levels: [UInt8] = []
        for hop in 0..<Int(seconds * 5) {
            let time = Double(hop) * 0.2
            let isSpeech = time >= 2 && time.truncatingRemainder(dividingBy: 10) < 7.5
            for band in 0..<SpectrogramOverview.bandCount {
                let formants = 18 * cos(Double(band) * 0.55 + 2 * sin(time * 1.1)) - Double(band) * 0.6
                let noise = Double((hop &* 7919 &+ band &* 104_729) % 13)
                let level = (isSpeech ? 72 + formants : 34) + noise - (band > 27 ? 30 : 0)
                levels.append(UInt8(min(max(level, 0), 120)))
            }
        }
        return SpectrogramOverview(columnSeconds: 0.2, levels: levels)
    }

    static let conditions = LineConditions(
        bandwidth: .narrowband, speechLevelDBFS: -22.5, signalToNoiseDB: 31.25, clippedShare: 0.001, lostShare: 0)

    /// A point of time on the sample grid.
    static func sample(_ seconds: Double) -> Int { Int((seconds * 16_000).rounded()) }

    static let alert = Alert(
        startSample: sample(20.4), atSample: sample(27.2), atNetSpeechSeconds: 19.4, windowLLR: 2.0625,
        strongest: Stretch(startSample: sample(44.2), endSample: sample(52.6), windowLLR: 4.6875), operatingPoint: "provisional")

    static let changeAlert: Alert = {
        var alert = Sample.alert
        alert.raisedBy = .change
        alert.changeSum = 41.5
        alert.outside = [.noise, .lostSound]
        alert.line = LineConditions(bandwidth: .narrowband, speechLevelDBFS: -22.5, signalToNoiseDB: 57.25, lostShare: 0.04)
        alert.operatingPoint = measured.name
        alert.measurement = measured.measurement
        return alert
    }()

    static func synthetic(path: String = "calls/suspicious call.wav", leg: String = "right") -> AnalysisRecord {
        AnalysisRecord(
            path: path, leg: leg,
            result: LegResult(
                Verdict(
                    outcome: .synthetic, llr: 3.25, netSpeechSeconds: 43.4, conditions: conditions, alerts: [alert],
                    strongest: alert.strongest),
                durationSeconds: 60, track: track(), spectrogram: spectrogram()),
            provenance: provenance())
    }

    static func human(path: String = "calls/mother.wav") -> AnalysisRecord {
        var record = synthetic(path: path, leg: "mono")
        record.result.outcome = .human
        record.result.llr = -2.5
        record.result.alerts = []
        record.result.strongest?.windowLLR = 0.25
        record.result.conditions.bandwidth = .wideband
        record.result.track = track().map { hop in
            var hop = hop
            hop.windowLLR = hop.windowLLR.map { min($0, -$0) }
            return hop
        }
        record.provenance = provenance(measured)
        return record
    }

    static func short(reason: InconclusiveReason = .tooLittleSpeech) -> AnalysisRecord {
        var record = synthetic(path: "calls/short.wav", leg: "left")
        record.result = LegResult(
            Verdict(
                outcome: .inconclusive, reason: reason, llr: reason == .noSpeech ? nil : 0.31,
                netSpeechSeconds: reason == .noSpeech ? 0 : 1.2, conditions: conditions,
                outside: reason == .outsideMeasuredConditions ? [.noise, .clipping] : [], mayBeMixed: reason == .mixedParties),
            durationSeconds: 4.5)
        record.warnings = ["the file ends 3 s before its header says"]
        return record
    }

    static let unreadable = UnreadableRecord(path: "notes.wav", error: "not a sound file: it begins with text", kind: "notAudio")

    /// A human voice after an announcement, a machine voice that said so, an alert by the change test on a bad line.
    static var rarer: [AnalysisRecord] {
        var announced = human(path: "calls/bank.wav")
        announced.result.alerts = [alert]
        announced.result.alerts[0].endSample = sample(34)
        announced.result.alerts[0].isOpening = true
        announced.result.nextVoice = NextVoice(startSample: sample(34), netSpeechSeconds: 20.4, llr: -3.5)
        var disclosed = synthetic(path: "calls/assistant.wav")
        disclosed.result.outcome = .syntheticDisclosed
        disclosed.result.disclosedAtSample = sample(3)
        var changed = synthetic(path: "calls/swapped.wav")
        changed.result.alerts = [changeAlert]
        changed.provenance = provenance(measured)
        return [announced, disclosed, changed]
    }

    static var everyKind: [ReportRecord] {
        [.analysis(synthetic()), .analysis(human()), .unreadable(unreadable)] + rarer.map(ReportRecord.analysis)
            + InconclusiveReason.allCases.map { .analysis(short(reason: $0)) }
    }
}
