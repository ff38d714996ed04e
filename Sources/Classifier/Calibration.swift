#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Turns the mean evidence of some net speech into a log likelihood ratio (natural log, positive is synthetic).
///
/// llr = scale(n) mean + offset(n): an affine map (Brümmer and du Preez, "Application-independent evaluation of speaker
/// detection", 2006) whose two numbers depend on the net speech n and on the band, because the mean of many seconds is worth
/// more than the mean of one. Between knots both are interpolated linearly in ln n; outside they are constant.
///
/// A bound B limits what the calibration may claim: llr = B tanh(raw / B), monotone, so no order is lost. Scores fitted on a
/// few hundred speakers cannot support a ratio of a million to one, however far from the threshold a score lies (Vergeer et
/// al., "Numerical likelihood ratios outputted by LR systems are often based on extrapolation: When to stop
/// extrapolating?", Science & Justice 2016).
public struct Calibration: Sendable, Equatable, Decodable {
    /// The knots for one band, ascending in net speech.
    public struct Curve: Sendable, Equatable, Decodable {
        public var netSpeechSeconds: [Double]
        public var scale: [Double]
        public var offset: [Double]
        /// The largest |llr| that the calibration data supports, natural log; nil for no bound.
        public var bound: Double?

        public init(netSpeechSeconds: [Double], scale: [Double], offset: [Double], bound: Double? = nil) {
            self.netSpeechSeconds = netSpeechSeconds
            self.scale = scale
            self.offset = offset
            self.bound = bound
        }

        /// - Parameters:
        ///   - mean: mean evidence of the speech.
        ///   - seconds: net speech the mean was taken over, above 0.
        public func llr(mean: Double, netSpeechSeconds seconds: Double) -> Double {
            llr(mean: mean, on: line(netSpeechSeconds: seconds))
        }

        /// The same with a line that was looked up before.
        public func llr(mean: Double, on line: Line) -> Double {
            let raw = line.scale * mean + line.offset
            return bound.map { $0 * tanh(raw / $0) } ?? raw
        }

        /// The affine map for the mean of this much net speech, above 0.
        public func line(netSpeechSeconds seconds: Double) -> Line {
            let last = netSpeechSeconds.count - 1
            if seconds <= netSpeechSeconds[0] { return Line(scale: scale[0], offset: offset[0]) }
            if seconds >= netSpeechSeconds[last] { return Line(scale: scale[last], offset: offset[last]) }
            var upper = 1
            while netSpeechSeconds[upper] < seconds { upper += 1 }
            let low = log(netSpeechSeconds[upper - 1])
            let share = (log(seconds) - low) / (log(netSpeechSeconds[upper]) - low)
            return Line(
                scale: scale[upper - 1] + share * (scale[upper] - scale[upper - 1]),
                offset: offset[upper - 1] + share * (offset[upper] - offset[upper - 1]))
        }

        var fault: String? {
            let count = netSpeechSeconds.count
            guard count >= 1, scale.count == count, offset.count == count else { return "needs as many scales and offsets as knots" }
            guard (netSpeechSeconds + scale + offset).allSatisfy(\.isFinite) else { return "holds a number that is not finite" }
            guard netSpeechSeconds[0] > 0, zip(netSpeechSeconds, netSpeechSeconds.dropFirst()).allSatisfy(<) else {
                return "knots must be positive and ascend"
            }
            guard bound.map({ $0 > 0 && $0.isFinite }) ?? true else { return "has a bound that is not positive" }
            guard scale.allSatisfy({ $0 > 0 }) else { return "a scale is not positive: it would turn human into synthetic" }
            return nil
        }
    }

    /// raw = scale mean + offset.
    public struct Line: Sendable, Equatable {
        public var scale: Double
        public var offset: Double
    }

    public var narrowband: Curve
    public var wideband: Curve

    public init(narrowband: Curve, wideband: Curve) {
        self.narrowband = narrowband
        self.wideband = wideband
    }

    var fault: String? {
        if let fault = narrowband.fault { return "narrowband calibration \(fault)" }
        if let fault = wideband.fault { return "wideband calibration \(fault)" }
        return nil
    }
}
