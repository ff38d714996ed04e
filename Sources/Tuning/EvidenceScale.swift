import Alerting
import Classifier

/// Brings one model's evidence to the scale of another, so that tracks scored by several models can be judged by one.
///
/// Models of a cross-validation differ in the scale of their raw outputs; what makes them comparable is each one's own calibration.
/// Evidence is mapped so that a full sliding window gives, before the bound, the log likelihood ratio that its own model gives
/// it: e' = (a e + b - b') / a', with the affine lines a, b and a', b' of both models for the window's net speech, in the band
/// the leg was heard in. For other lengths of speech this is near, not exact, since two calibrations need not change alike.
public struct EvidenceScale: Sendable {
    private let narrowband: (scale: Double, offset: Double)
    private let wideband: (scale: Double, offset: Double)

    public init(from own: Calibration, to other: Calibration, netSpeechSeconds seconds: Double) {
        func map(_ curve: KeyPath<Calibration, Calibration.Curve>) -> (scale: Double, offset: Double) {
            let from = own[keyPath: curve].line(netSpeechSeconds: seconds)
            let to = other[keyPath: curve].line(netSpeechSeconds: seconds)
            return (from.scale / to.scale, (from.offset - to.offset) / to.scale)
        }
        narrowband = map(\.narrowband)
        wideband = map(\.wideband)
    }

    /// - Parameter bandwidth: what the whole leg was heard in.
    public func mapped(_ hops: [Hop], bandwidth: Bandwidth) -> [Hop] {
        let line = bandwidth == .wideband ? wideband : narrowband
        return hops.map { hop in
            var hop = hop
            hop.evidence = Float(line.scale * Double(hop.evidence) + line.offset)
            return hop
        }
    }
}
