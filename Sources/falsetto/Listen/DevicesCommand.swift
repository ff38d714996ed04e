import ArgumentParser
import Audio
import Capture
import Foundation
import Reporting

struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Lists what can be captured from, and says what to choose.",
        discussion: """
            EXAMPLES
              falsetto devices
              falsetto devices --format json
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "text for people, json for machines.")
    var format: Format = .text

    func run() async throws {
        try await reporting {
            let devices = CaptureDevice.all().map(DeviceRecord.init)
            switch format {
            case .json: try Console.write(DeviceRecord.jsonDocument(devices))
            case .text:
                let colour = TextSummary.colourWanted(
                    onTerminal: Console.outputIsTerminal, environment: ProcessInfo.processInfo.environment)
                try Console.say(DeviceRecord.text(devices, width: Console.width, colour: colour))
            }
        }
    }
}

extension DeviceRecord {
    init(_ device: CaptureDevice) {
        self.init(
            name: device.name, kind: Kind(rawValue: device.kind.rawValue)!, description: device.description, isUSB: device.isUSB,
            sampleRates: device.abilities?.sampleRates, channelCounts: device.abilities?.channelCounts,
            encodings: device.abilities?.encodings.map(\.rawValue), problem: device.problem)
    }
}
