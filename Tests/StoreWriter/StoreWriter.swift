import Alerting
import Foundation
import Screening
import Store

/// Writes calls into a store as fast as it can, and says on standard output, a line each, the event of every alert that the
/// store has acknowledged. Made to be killed: `StoreWriter FOLDER [CALLS]`; with a number of calls it ends by itself.
@main
struct StoreWriter {
    static func main() throws {
        let folder = StateFolder(path: CommandLine.arguments[1])
        let store = try Store(folder, for: .daemon)
        let key = try AudioKey(makingAt: folder.audioKey)
        let provenance = Provenance(
            build: "test", modelName: "none", modelIdentity: "0", operatingPoint: .provisional, kernel: "none")
        var callsLeft = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2])! : Int.max
        let keepsAudio = callsLeft == .max
        while callsLeft > 0 {
            callsLeft -= 1
            let start = CallStart(
                id: .random(), startedAt: store.clock(), consent: "test", device: nil, provenance: provenance,
                legs: [.init(name: "far", isOnlyChannel: true)], keepsAudio: keepsAudio)
            var recorder = CallRecorder(store: store, start: start, key: key)
            recorder.keep(.opened(.s16, sampleRate: 8000), leg: 0)
            for number in 0..<8 {
                for index in 0..<10 {
                    let hop = HopScore(
                        startSample: (number * 10 + index) * 3200, evidence: Float(index), speechProbability: 0.9, isSpeech: true,
                        windowLLR: Double(number), levelDBFS: -20)
                    recorder.record(.hop(hop), leg: 0)
                    recorder.keep(.samples([UInt8](repeating: UInt8(index), count: 3200)), leg: 0)
                }
                let event = EventID.random()
                let alert = Alert(
                    startSeconds: 0, atSeconds: Double(number), atNetSpeechSeconds: 3, windowLLR: 4,
                    strongest: Stretch(startSeconds: 0, endSeconds: 3, windowLLR: 4))
                let messages = [SinkMessage(event: event, sink: "test", payload: "{}")]
                if recorder.record(.alertRaised(alert), leg: 0, event: event, messages: messages) {
                    try FileHandle.standardOutput.write(contentsOf: Data((event.text + "\n").utf8))
                }
            }
            let result = LegResult(
                outcome: .synthetic, reason: nil, llr: 4, netSpeechSeconds: 16, durationSeconds: 16, bandwidth: .narrowband, alerts: [],
                strongest: nil, mayBeMixed: false)
            recorder.end([result], sampleCounts: [80 * 3200])
        }
    }
}
