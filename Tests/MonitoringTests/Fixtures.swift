import Alerting
import Audio
import Calls
import Capture
import Classifier
import Foundation
import Reporting
import Screening
import StandIns
import Store
import TestSupport

@testable import Monitoring

let model = try! formerModel()

/// Alerts on any voice: what is tested is the way of an alert, not the model's ear.
let anyVoice = OperatingPoint(
    name: "any voice", windowNetSpeechSeconds: 3, watch: LevelRule(window: Hysteresis(begins: -100, endsBelow: -100), minimumNetSpeechSeconds: 1),
    alert: LevelRule(window: Hysteresis(begins: -100, endsBelow: -100), minimumNetSpeechSeconds: 2), syntheticAtLLR: 100, humanBelowLLR: -100,
    minimumNetSpeechSeconds: 2)

func setup(_ point: OperatingPoint = anyVoice, _ model: Model = model) -> ScreeningSetup {
    ScreeningSetup(
        model: model, operatingPoint: point,
        provenance: Provenance(build: "0.0.0", modelName: model.name, modelIdentity: model.identity, operatingPoint: point, kernel: model.kernel))
}

func voice(_ seconds: Double) -> [Int16] { MadeVoice.samples16(seconds: seconds) }

func silence(_ seconds: Double) -> [Int16] { [Int16](repeating: 0, count: Int(seconds * 16_000)) }

/// A monitor of one line in a time of its own.
final class Desk {
    var items: [MonitorItem] = []
    var now = Date(timeIntervalSince1970: 1_800_000_000)
    private(set) var monitor: CallMonitor!
    let format = SampleFormat(.s16, sampleRate: 16_000)

    init(
        _ change: (inout MonitorOptions) -> Void = { _ in }, allows: @escaping (String?, String?) -> String? = { _, _ in nil },
        legs: [MonitoredLeg]? = nil, formats: [SampleFormat]? = nil
    ) throws {
        var options = MonitorOptions(consent: "both were told")
        change(&options)
        monitor = try CallMonitor(
            legs: legs ?? [MonitoredLeg(name: "far", line: 0, channel: 0, isOnlyChannel: true)], formats: formats ?? [format],
            labels: (formats ?? [format]).map { _ in "desk" }, options: options, setup: { setup() }, clock: { [unowned self] in now },
            allows: allows
        ) { [unowned self] in items.append($0) }
    }

    func hear(_ samples: [Int16], block: Int = 160, line: Int = 0) throws {
        for start in stride(from: 0, to: samples.count, by: block) {
            let part = Array(samples[start..<min(start + block, samples.count)])
            try part.withUnsafeBytes { bytes in
                try monitor.take(line: line, LineBlock(frames: part.count, gap: nil, format: format, atNanoseconds: 0), bytes)
            }
        }
    }

    func lose(_ frames: Int, _ cause: GapCause) throws {
        try monitor.take(
            line: 0, LineBlock(frames: frames, gap: cause, format: format, atNanoseconds: 0), UnsafeRawBufferPointer(start: nil, count: 0))
    }

    var events: [CallEvent] { items.compactMap(\.event).filter { $0.name != "hop" } }
    var names: [String] { events.map(\.name) }
    var hops: [CallEvent] { items.compactMap(\.event).filter { $0.name == "hop" } }
}
