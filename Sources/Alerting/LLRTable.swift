import Classifier

/// A calibration made ready for one hop length: what it does to the mean of n hops, looked up instead of interpolated for the
/// lengths that a window has.
struct LLRTable: Sendable {
    private let calibration: Calibration
    private let recalibration: Recalibration?
    private let hopSamples: Int
    /// For 1, 2, ... hops.
    private let narrowband: [Calibration.Line]
    private let wideband: [Calibration.Line]

    init(_ calibration: Calibration, _ recalibration: Recalibration?, hopSamples: Int, windowHops: Int) {
        self.calibration = calibration
        self.recalibration = recalibration
        self.hopSamples = hopSamples
        func table(_ curve: Calibration.Curve) -> [Calibration.Line] {
            (1...windowHops).map { curve.line(netSpeechSeconds: LegTime.seconds($0 * hopSamples)) }
        }
        narrowband = table(calibration.narrowband)
        wideband = table(calibration.wideband)
    }

    /// Of a window: the same to the bit as `llr(mean:hops:bandwidth:)`, without interpolation.
    func windowLLR(mean: Double, hops: Int, bandwidth: Bandwidth) -> Double {
        let llr =
            bandwidth == .wideband
            ? calibration.wideband.llr(mean: mean, on: wideband[hops - 1])
            : calibration.narrowband.llr(mean: mean, on: narrowband[hops - 1])
        guard let recalibration else { return llr }
        return recalibration(llr)
    }

    /// Of any number of hops, at least one.
    func llr(mean: Double, hops: Int, bandwidth: Bandwidth) -> Double {
        let curve = bandwidth == .wideband ? calibration.wideband : calibration.narrowband
        let llr = curve.llr(mean: mean, netSpeechSeconds: LegTime.seconds(hops * hopSamples))
        return recalibration.map { $0(llr) } ?? llr
    }
}
