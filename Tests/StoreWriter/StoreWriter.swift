import Alerting
import Calls
import Foundation
import Screening
import Store

/// Writes calls into a store as fast as it can, and says on standard output, a line each, the event of every alert that the
/// store has acknowledged. Made to be killed: `StoreWriter FOLDER [CALLS [audio]]`; with a number of calls it ends by itself, and keeps
/// their sound with `audio` behind the number. `StoreWriter FOLDER many` writes twenty calls at a time, their alerts in one transaction.
@main
struct StoreWriter {
    static let provenance = Provenance(
        build: "test", modelName: "none", modelIdentity: "0", operatingPoint: .provisional, kernel: "none")

    static func alert(_ number: Int) -> Alert {
        Alert(
            startSample: 0, atSample: number * 16_000, atNetSpeechSeconds: 3, windowLLR: 4,
            strongest: Stretch(startSample: 0, endSample: 48_000, windowLLR: 4), operatingPoint: "provisional")
    }

    static func writeMany(_ store: Store) throws -> Never {
        while true {
            var recorders: [String: CallRecorder] = [:]
            for _ in 0..<20 {
                let start = CallStart(
                    id: .random(), startedAt: store.clock(), consent: "test", device: nil, provenance: provenance,
                    legs: [.init(name: "far", isOnlyChannel: true)], keepsAudio: false)
                recorders[start.id.text] = CallRecorder(store: store, start: start, writes: false)
            }
            for number in 0..<8 {
                var events: [String: String] = [:]
                for key in recorders.keys {
                    let hop = HopScore(
                        hop: Hop(startSample: number * 3200, evidence: 1, isSpeech: true, levelDBFS: -20), speechProbability: 0.9, windowLLR: 1)
                    _ = recorders[key]!.note(.hop(hop), leg: 0, event: .random())
                    let event = EventID.random()
                    events[key] = event.text
                    _ = recorders[key]!.note(
                        .action(.raised(alert(number))), leg: 0, event: event, messages: [SinkMessage(event: event, sink: "test", payload: "{}")])
                }
                let stored = CallRecorder.flush(&recorders, Array(recorders.keys))
                let lines = stored.map { events[$0]! + "\n" }.joined()
                try FileHandle.standardOutput.write(contentsOf: Data(lines.utf8))
            }
        }
    }

    static func main() throws {
        let folder = StateFolder(path: CommandLine.arguments[1])
        let store = try Store(folder, for: .daemon)
        if CommandLine.arguments.last == "many" { try writeMany(store) }
        let key = try AudioKey(makingAt: folder.audioKey)
        var callsLeft = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2])! : Int.max
        let keepsAudio = callsLeft == .max || CommandLine.arguments.last == "audio"
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
                        hop: Hop(startSample: (number * 10 + index) * 3200, evidence: Float(index), isSpeech: true, levelDBFS: -20),
                        speechProbability: 0.9, windowLLR: Double(number))
                    recorder.record(.hop(hop), leg: 0)
                    recorder.keep(.samples([UInt8](repeating: UInt8(index), count: 3200)), leg: 0)
                }
                let event = EventID.random()
                let alert = alert(number)
                let messages = [SinkMessage(event: event, sink: "test", payload: "{}")]
                if recorder.record(.action(.raised(alert)), leg: 0, event: event, messages: messages) {
                    try FileHandle.standardOutput.write(contentsOf: Data((event.text + "\n").utf8))
                }
            }
            let result = LegResult(
                Verdict(outcome: .synthetic, llr: 4, netSpeechSeconds: 16, conditions: LineConditions(bandwidth: .narrowband)),
                durationSeconds: 16)
            recorder.end([result], sampleCounts: [80 * 3200])
        }
    }
}
