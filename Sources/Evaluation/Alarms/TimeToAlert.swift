import Alerting

/// How long synthetic voices talked before they were alerted.
///
/// Seconds are counted from the first synthetic sample to the alert. A voice that was never alerted waits for ever: it counts in
/// every quantile, so that a detector which alerts only the easy voices does not look quick.
public struct TimeToAlert: Sendable, Equatable {
    /// One alerted voice.
    public struct Wait: Sendable, Equatable {
        public var netSpeechSeconds: Double
        public var lineSeconds: Double

        public init(netSpeechSeconds: Double, lineSeconds: Double) {
            self.netSpeechSeconds = netSpeechSeconds
            self.lineSeconds = lineSeconds
        }
    }

    /// Synthetic voices, alerted or not.
    public var voices: Int
    public var alerted: Int
    /// Of all voices; nil where the quantile falls among those never alerted.
    public var medianNetSpeechSeconds: Double?
    public var ninetiethNetSpeechSeconds: Double?
    public var medianLineSeconds: Double?
    public var ninetiethLineSeconds: Double?
    /// Net speech before the alert of each alerted voice, ascending: what a curve is drawn of.
    public var netSpeechWaits: [Double]

    /// - Parameter waits: one entry a voice; nil for never.
    public init(_ waits: [Wait?]) {
        let heard = waits.compactMap(\.self)
        voices = waits.count
        alerted = heard.count
        netSpeechWaits = heard.map(\.netSpeechSeconds).sorted()
        let line = heard.map(\.lineSeconds).sorted()
        let count = waits.count
        func nearest(_ values: [Double], _ q: Double) -> Double? {
            // The smallest wait that a share q of all voices does not exceed; no interpolation, since for ever has no neighbour.
            let rank = max(1, Int((q * Double(count)).rounded(.up)))
            return count > 0 && rank <= values.count ? values[rank - 1] : nil
        }
        medianNetSpeechSeconds = nearest(netSpeechWaits, 0.5)
        ninetiethNetSpeechSeconds = nearest(netSpeechWaits, 0.9)
        medianLineSeconds = nearest(line, 0.5)
        ninetiethLineSeconds = nearest(line, 0.9)
    }

    /// As operating points carry it; nil without voices.
    public var detected: OperatingPoint.Measurement.Detected? { voices > 0 ? .init(calls: voices, detected: alerted) : nil }
    public var neverAlerted: Int { voices - alerted }
    /// A fraction; NaN without voices.
    public var neverShare: Double { Double(neverAlerted) / Double(voices) }
    /// A fraction; NaN without voices.
    public var detection: Double { Double(alerted) / Double(voices) }
}
