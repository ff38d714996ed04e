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

    /// The same to the bit whether looked up or not.
    func llr(mean: Double, hops: Int, bandwidth: Bandwidth) -> Double {
        let isWide = bandwidth == .wideband
        let lines = isWide ? wideband : narrowband
        let curve = isWide ? calibration.wideband : calibration.narrowband
        let line = hops <= lines.count ? lines[hops - 1] : curve.line(netSpeechSeconds: LegTime.seconds(hops * hopSamples))
        let llr = curve.llr(mean: mean, on: line)
        return recalibration.map { $0(llr) } ?? llr
    }
}
