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
            + (round.isHeld ? "" : "  not held") + "\n"
    }

    /// The delay of alerts against the calls, both on logarithmic axes; a line for each number of cores, rounds that were not held hollow.
    public var svg: String {
        let (left, top, width, height) = (64.0, 16.0, 560.0, 320.0)
        let delays = rounds.compactMap(\.slowAlertMilliseconds)
        let (lowX, highX) = (1.0, Double(max(rounds.map(\.calls).max() ?? 10, 10)))
        let (lowY, highY) = (1.0, max(delays.max() ?? 0, 1000))
        func x(_ value: Double) -> Double { left + width * log(max(value, lowX) / lowX) / log(highX / lowX) }
        func y(_ value: Double) -> Double { top + height * (1 - log(max(value, lowY) / lowY) / log(highY / lowY)) }
        func n(_ value: Double) -> String { String(format: "%.1f", value) }
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(left + width + 20)) \(Int(top + height + 76))\""
                + " font-family=\"system-ui, sans-serif\" font-size=\"12.5\" role=\"img\" aria-label=\"Delay of alerts against calls at a time\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
            "<rect x=\"\(n(left))\" y=\"\(n(top))\" width=\"\(n(width))\" height=\"\(n(height))\" fill=\"#f7f7f5\" stroke=\"#bbb\"/>",
        ]
        for decade in 0..<7 {
            for digit in [1.0, 2, 5] {
                let value = digit * pow(10, Double(decade))
                let name = String(format: "%g", value)
                if value <= highX {
                    parts.append("<path d=\"M\(n(x(value))) \(n(top))v\(n(height))\" stroke=\"#ddd\"/>")
                    parts.append("<text x=\"\(n(x(value)))\" y=\"\(n(top + height + 18))\" text-anchor=\"middle\" fill=\"#444\">\(name)</text>")
                }
                if value <= highY, digit == 1 {
                    parts.append("<path d=\"M\(n(left)) \(n(y(value)))h\(n(width))\" stroke=\"#ddd\"/>")
                    parts.append("<text x=\"\(n(left - 6))\" y=\"\(n(y(value) + 4))\" text-anchor=\"end\" fill=\"#444\">\(name)</text>")
                }
            }
        }
        let bar = y(CallsRound.mostAlertMilliseconds)
        parts.append("<path d=\"M\(n(left)) \(n(bar))h\(n(width))\" stroke=\"#b3261e\" stroke-dasharray=\"7 4\"/>")
        let colours = ["#1f5fa8", "#c2660c", "#2f7d4f", "#6b4fa0"]
        for (index, cores) in Set(rounds.map(\.cores)).sorted().enumerated() {
            let own = rounds.filter { $0.cores == cores && $0.slowAlertMilliseconds != nil }.sorted { $0.calls < $1.calls }
            let colour = colours[index % colours.count]
            let path = own.enumerated().map { "\($0 == 0 ? "M" : "L")\(n(x(Double($1.calls)))) \(n(y($1.slowAlertMilliseconds!)))" }.joined()
            if !path.isEmpty { parts.append("<path d=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>") }
            for round in own {
                parts.append(
                    "<circle cx=\"\(n(x(Double(round.calls))))\" cy=\"\(n(y(round.slowAlertMilliseconds!)))\" r=\"4\""
                        + " fill=\"\(round.isHeld ? colour : "#fff")\" stroke=\"\(colour)\" stroke-width=\"1.6\"/>"
                )
            }
            parts.append(
                "<text x=\"\(n(left + 12))\" y=\"\(n(top + 20 + 17 * Double(index)))\" fill=\"\(colour)\">"
                    + "\(cores) \(cores == 1 ? "core" : "cores")</text>"
            )
        }
        parts.append("<text x=\"\(n(left + width / 2))\" y=\"\(n(top + height + 40))\" text-anchor=\"middle\" fill=\"#222\">calls at a time</text>")
        parts.append(
            "<text x=\"\(n(left + width / 2))\" y=\"\(n(top + height + 60))\" text-anchor=\"middle\" fill=\"#666\">"
                + "hollow: a hop came late, or sound was lost; dashed: 100 ms</text>"
        )
        parts.append(
            "<text transform=\"translate(16 \(n(top + height / 2))) rotate(-90)\" text-anchor=\"middle\" fill=\"#222\">"
                + "99 of 100 alerts within, ms</text>"
        )
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }
}
