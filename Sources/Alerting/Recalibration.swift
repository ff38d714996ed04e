/// Corrects a model's calibrated scores for other recordings than those it was calibrated on.
///
/// A map from log likelihood ratio to log likelihood ratio (natural log, positive is synthetic) that never falls, so no order
/// is turned; applied to `windowLLR` and `llr` alike. The change test is on no LLR scale and stays as it is.
public enum Recalibration: Sendable, Equatable {
    /// llr' = scale llr + offset, the scale positive (logistic recalibration; Brümmer and du Preez 2006).
    case affine(scale: Double, offset: Double)
    /// Straight lines between knots, constant outside: blocks of pool-adjacent-violators, joined at their middles.
    case knots([Knot])

    public struct Knot: Sendable, Equatable, Codable {
        public var from: Double
        public var to: Double

        public init(from: Double, to: Double) {
            self.from = from
            self.to = to
        }
    }

    /// Takes time in the logarithm of the number of knots; does not allocate.
    public func callAsFunction(_ llr: Double) -> Double {
        switch self {
        case .affine(let scale, let offset): return scale * llr + offset
        case .knots(let knots):
            if llr <= knots[0].from { return knots[0].to }
            if llr >= knots[knots.count - 1].from { return knots[knots.count - 1].to }
            var (low, high) = (0, knots.count - 1)
            while high - low > 1 {
                let middle = (low + high) / 2
                if knots[middle].from <= llr { low = middle } else { high = middle }
            }
            let share = (llr - knots[low].from) / (knots[high].from - knots[low].from)
            return knots[low].to + share * (knots[high].to - knots[low].to)
        }
    }

    /// What is wrong with the numbers, in one sentence; nil when they make a map that never falls.
    public var fault: String? {
        switch self {
        case .affine(let scale, let offset):
            return scale.isFinite && offset.isFinite && scale > 0 ? nil : "scale must be positive, scale and offset finite"
        case .knots(let knots):
            guard knots.count >= 2 else { return "needs two knots at least" }
            guard knots.allSatisfy({ $0.from.isFinite && $0.to.isFinite }) else { return "a knot is not finite" }
            let rises = zip(knots, knots.dropFirst()).allSatisfy { $0.from < $1.from && $0.to <= $1.to }
            return rises ? nil : "knots must ascend, and never fall"
        }
    }
}

extension Recalibration: Codable {
    private enum Key: String, CodingKey { case scale, offset, knots }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let knots = try container.decodeIfPresent([Knot].self, forKey: .knots) {
            self = .knots(knots)
        } else {
            self = .affine(scale: try container.decode(Double.self, forKey: .scale), offset: try container.decode(Double.self, forKey: .offset))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .affine(let scale, let offset):
            try container.encode(scale, forKey: .scale)
            try container.encode(offset, forKey: .offset)
        case .knots(let knots): try container.encode(knots, forKey: .knots)
        }
    }
}
