import CoreMetrics
import Synchronization

/// A backend of swift-metrics that keeps what is counted and writes it as Prometheus reads it.
///
/// A family (name, help, kind) is declared before its first series is made. Series are made once and kept; counting takes one lock of the series.
public final class MetricsRegistry: MetricsFactory {
    public enum Kind: Sendable, Equatable {
        case counter, gauge
        /// Upper bounds of its buckets, rising; in seconds for a timer.
        case histogram([Double])
    }

    private struct Family {
        var help: String
        var kind: Kind
        /// By what stands in braces.
        var series: [String: Series] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// - Parameter name: of the base unit, a counter's with `_total` at its end.
    public func declare(_ name: String, _ kind: Kind, help: String) {
        families.withLock { $0[name] = $0[name] ?? Family(help: help, kind: kind) }
    }

    private func series(_ name: String, _ dimensions: [(String, String)]) -> Series {
        families.withLock { families in
            guard let kind = families[name]?.kind else { preconditionFailure("\(name) is not declared") }
            let labels = dimensions.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            if let known = families[name]!.series[labels] { return known }
            let made = Series(kind)
            families[name]!.series[labels] = made
            return made
        }
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// All of it, in order of names: the text format of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
    public var exposition: String {
        let all = families.withLock { $0.sorted { $0.key < $1.key } }
        var text = ""
        for (name, family) in all where !family.series.isEmpty {
            let kind =
                switch family.kind {
                case .counter: "counter";
                case .gauge: "gauge";
                case .histogram: "histogram"
                }
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(kind)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) { text += series.lines(name, labels) }
        }
        return text
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { series(label, dimensions) }
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { series(label, dimensions) }
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler { series(label, dimensions) }
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { series(label, dimensions) }
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}

/// One series: a number, or a histogram's counts.
private final class Series: CounterHandler, MeterHandler, RecorderHandler, TimerHandler, Sendable {
    private struct State {
        var value = 0.0
        var counts: [Int]
        var count = 0
    }

    private let bounds: [Double]?
    private let state: Mutex<State>

    init(_ kind: MetricsRegistry.Kind) {
        bounds = if case .histogram(let bounds) = kind { bounds } else { nil }
        state = Mutex(State(counts: [Int](repeating: 0, count: bounds?.count ?? 0)))
    }

    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0.value = value } }
    func reset() { set(0.0) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard let bounds else { return set(value) }
        state.withLock { state in
            state.value += value
            state.count += 1
            if let bucket = bounds.firstIndex(where: { value <= $0 }) { state.counts[bucket] += 1 }
        }
    }

    private func add(_ amount: Double) { state.withLock { $0.value += amount } }

    func lines(_ name: String, _ labels: String) -> String {
        let (value, counts, count) = state.withLock { ($0.value, $0.counts, $0.count) }
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        guard let bounds else { return "\(name)\(braces) \(Self.text(value))\n" }
        var text = ""
        var sum = 0
        let front = labels.isEmpty ? "" : labels + ","
        for (bound, count) in zip(bounds, counts) {
            sum += count
            text += "\(name)_bucket{\(front)le=\"\(Self.text(bound))\"} \(sum)\n"
        }
        text += "\(name)_bucket{\(front)le=\"+Inf\"} \(count)\n"
        return text + "\(name)_sum\(braces) \(Self.text(value))\n\(name)_count\(braces) \(count)\n"
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }
}
