import Foundation

/// What came of so many calls of a telephone system at a time: one round of `falsetto benchmark --calls`.
public struct CallsRound: Sendable, Equatable, Codable {
    public var calls: Int
    /// Cores that the calls were screened on.
    public var cores: Int
    public var seconds: Double
    public var hops: Int
    /// Done more than a hop's length after the packet that completed what they need.
    public var lateHops = 0
    /// Sent and not heard, at 16 kHz.
    public var lostSamples = 0
    /// Hops that storing was too slow for.
    public var droppedItems = 0
    public var alerts = 0
    /// From the packet that completed what an alert rests on to the sink that had it, through the store; nil without an alert.
    public var medianAlertMilliseconds: Double?
    /// What 99 in 100 alerts keep to; of fewer than 100, the longest.
    public var slowAlertMilliseconds: Double?
    /// Processor time of engine, store and sink over time and calls.
    public var coreShareOfACall = 0.0
    public var bytesOfACall = 0.0
    /// What 99 in 100 packets of the virtual callers were sent within, behind their time.
    public var callersLateMilliseconds: Double?

    public init(calls: Int, cores: Int, seconds: Double, hops: Int) {
        self.calls = calls
        self.cores = cores
        self.seconds = seconds
        self.hops = hops
    }

    /// - Parameter milliseconds: of each alert, in any order.
    public mutating func setAlertDelays(_ milliseconds: [Double]) {
        let sorted = milliseconds.sorted()
        alerts = sorted.count
        guard !sorted.isEmpty else { return }
        medianAlertMilliseconds = sorted[sorted.count / 2]
        slowAlertMilliseconds = sorted[sorted.count < 100 ? sorted.count - 1 : sorted.count * 99 / 100]
    }

    /// The callers' own lateness says little as long as it stays below a quarter of a packet.
    public static let mostCallersLateMilliseconds = 5.0

    /// Alerts may take so long.
    public static let mostAlertMilliseconds = 100.0

    /// No late hop, nothing lost, and alerts in time.
    public var isHeld: Bool {
        lateHops == 0 && lostSamples == 0 && droppedItems == 0 && (slowAlertMilliseconds ?? 0) < Self.mostAlertMilliseconds
    }
}

/// Rounds of one machine, one after the other.
public struct CallsTable: Sendable, Equatable, Codable {
    public var schema = "falsetto.benchmark/1"
    public var processor: String
    public var kernel: String
    public var model: String
    public var build: String
    public var hopSeconds: Double
    public var rounds: [CallsRound]

    public init(processor: String, kernel: String, model: String, build: String, hopSeconds: Double, rounds: [CallsRound] = []) {
        (self.processor, self.kernel, self.model, self.build) = (processor, kernel, model, build)
        self.hopSeconds = hopSeconds
        self.rounds = rounds
    }

    /// Late hops of all rounds.
    public var lateHops: Int { rounds.reduce(0) { $0 + $1.lateHops } }

    /// The most calls of a round that was held, by its cores; a smaller one that was not held does not count against it.
    public func mostHeld(cores: Int) -> Int? { rounds.filter { $0.cores == cores && $0.isHeld }.map(\.calls).max() }

    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    public static let textHead = "calls  cores  hops    late  lost  alerts  median ms  99 % ms  core a call  MB a call\n"

    public static func textLine(_ round: CallsRound) -> String {
        func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
        func number(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "-" }
        return pad("\(round.calls)", 7) + pad("\(round.cores)", 7) + pad("\(round.hops)", 8) + pad("\(round.lateHops)", 6)
            + pad("\(round.lostSamples)", 6)
            + pad("\(round.alerts)", 8) + pad(number(round.medianAlertMilliseconds, "%.0f"), 11) + pad(number(round.slowAlertMilliseconds, "%.0f"), 9)
            + pad(String(format: "%.2f %%", round.coreShareOfACall * 100), 13) + String(format: "%.2f", round.bytesOfACall / 1e6)
            + (round.isHeld ? "" : "  not held")
            + (round.callersLateMilliseconds.map { late in
                late > CallsRound.mostCallersLateMilliseconds ? String(format: "  callers up to %.0f ms late themselves", late) : ""
            } ?? "") + "\n"
    }

    /// The delay of alerts against the calls, both on logarithmic axes; a line for each number of cores, rounds that were not held hollow.
    public var svg: String {
        let delays = rounds.compactMap(\.slowAlertMilliseconds)
        let frame = PlotFrame(
            width: 560, height: 320,
            x: .logarithmic("calls at a time", upTo: Double(max(rounds.map(\.calls).max() ?? 10, 10)), digits: [1, 2, 5]),
            y: .logarithmic("99 of 100 alerts within, ms", upTo: max(delays.max() ?? 0, 1000), digits: [1]))
        let most = CallsRound.mostAlertMilliseconds
        var content = [frame.line([(frame.x.range.lowerBound, most), (frame.x.range.upperBound, most)], class: "threshold")]
        for (index, cores) in Set(rounds.map(\.cores)).sorted().enumerated() {
            let own = rounds.filter { $0.cores == cores && $0.slowAlertMilliseconds != nil }.sorted { $0.calls < $1.calls }
            let kind = "series series-\(index % 4)"
            if !own.isEmpty { content.append(frame.line(own.map { (Double($0.calls), $0.slowAlertMilliseconds!) }, class: kind)) }
            content += own.map { frame.dot(Double($0.calls), $0.slowAlertMilliseconds!, class: $0.isHeld ? kind + " held" : kind + " hollow") }
            content.append(
                SVG.text("series-\(index % 4) held", frame.left + 12, frame.top + 20 + 17 * Double(index), counted(cores, "core")))
        }
        content.append(
            SVG.text("middle", frame.left + frame.width / 2, frame.bottom + 60, "hollow: late hops, lost sound, or alerts over the dashed 100 ms"))
        return SVG.alone(frame.svg(content, label: "Delay of alerts against calls at a time", foot: 20)) + "\n"
    }
}
