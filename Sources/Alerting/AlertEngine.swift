/// Turns the calibrated score of a sliding window into alerts: a pure state machine, no clock, no audio.
///
/// An alert is raised once, when the window holds the minimum of net speech and its `windowLLR` reaches
/// `alertAtWindowLLR`; it ends when `windowLLR` falls below `alertEndsBelowWindowLLR`. Silence changes nothing: only hops of
/// speech are pushed.
public struct AlertEngine: Sendable {
    /// The state of the window after a hop of speech.
    public struct Point: Sendable, Equatable {
        /// The first sample of the oldest hop in the window.
        public var windowStartSample: Int
        /// The sample behind the newest hop.
        public var windowEndSample: Int
        /// Net speech in the window, in seconds.
        public var windowNetSpeechSeconds: Double
        /// Calibrated, natural log, positive is synthetic.
        public var windowLLR: Double
        /// Net speech of the leg so far, in seconds.
        public var netSpeechSeconds: Double

        public init(
            windowStartSample: Int, windowEndSample: Int, windowNetSpeechSeconds: Double, windowLLR: Double,
            netSpeechSeconds: Double
        ) {
            self.windowStartSample = windowStartSample
            self.windowEndSample = windowEndSample
            self.windowNetSpeechSeconds = windowNetSpeechSeconds
            self.windowLLR = windowLLR
            self.netSpeechSeconds = netSpeechSeconds
        }
    }

    /// What the engine decided on a point.
    public enum Action: Sendable, Equatable {
        case raised(Alert)
        /// The same alert, complete with where it ended.
        case ended(Alert)
    }

    public let operatingPoint: OperatingPoint
    private let sampleRate: Double
    /// The alert that is on, if any.
    public private(set) var current: Alert?

    public init(operatingPoint: OperatingPoint, sampleRate: Int) {
        precondition(sampleRate > 0, "a sample rate is positive")
        self.operatingPoint = operatingPoint
        self.sampleRate = Double(sampleRate)
    }

    /// Takes the window after one more hop of speech.
    public mutating func push(_ point: Point) -> Action? {
        let start = Double(point.windowStartSample) / sampleRate
        let end = Double(point.windowEndSample) / sampleRate
        if var alert = current {
            if point.windowLLR < operatingPoint.alertEndsBelowWindowLLR {
                alert.endSeconds = end
                current = nil
                return .ended(alert)
            }
            if point.windowLLR > alert.strongest.windowLLR {
                alert.strongest = Stretch(startSeconds: start, endSeconds: end, windowLLR: point.windowLLR)
                current = alert
            }
            return nil
        }
        guard operatingPoint.isEnough(netSpeechSeconds: point.windowNetSpeechSeconds),
            point.windowLLR >= operatingPoint.alertAtWindowLLR
        else { return nil }
        let alert = Alert(
            startSeconds: start, atSeconds: end, atNetSpeechSeconds: point.netSpeechSeconds, windowLLR: point.windowLLR,
            strongest: Stretch(startSeconds: start, endSeconds: end, windowLLR: point.windowLLR))
        current = alert
        return .raised(alert)
    }
}
