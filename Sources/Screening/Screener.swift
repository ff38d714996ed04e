import Alerting
import Classifier
import Spectra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Screens one leg of a call: samples in, events out.
///
/// One synchronous value that every source feeds, in blocks of any size. It works in hops of a fixed number of samples and
/// looks at nothing else than samples, so the events depend on the samples alone: a live call replays to the same bytes, with
/// the same program and kernel level. Between hops it does not allocate, unless the track or the spectrogram is kept.
@safe public struct Screener: ~Copyable {
    /// What to keep beside the verdict.
    public struct Options: Sendable, Equatable {
        public var keepsTrack: Bool
        public var keepsSpectrogram: Bool
        /// The recording has this one channel only, so it may hold both parties.
        public var isOnlyChannel: Bool

        public init(keepsTrack: Bool = false, keepsSpectrogram: Bool = false, isOnlyChannel: Bool = false) {
            self.keepsTrack = keepsTrack
            self.keepsSpectrogram = keepsSpectrogram
            self.isOnlyChannel = isOnlyChannel
        }
    }

    private let model: Model
    private let operatingPoint: OperatingPoint
    private let options: Options
    private var frontEnd: FrontEnd
    private var network: NetworkState

    /// G.711 ends below full scale: at 0.980 (u-law) and 0.984 (A-law).
    private static let clippingLevel: Float = 0.975

    /// Samples not yet used up: the beginning of the next hop.
    private let pending: UnsafeMutableBufferPointer<Float>
    private var pendingCount = 0
    private let features: UnsafeMutableBufferPointer<Float>
    private let overview: UnsafeMutableBufferPointer<Float>

    private var sampleCount = 0
    private var hopCount = 0
    private var window: SlidingWindow
    private var engine: AlertEngine
    private var evidenceSum = 0.0
    private var speechHops = 0
    private var clippedSamples = 0
    private var bandPowers = FrontEnd.BandPowers()
    private var windowLLR: Double?
    private var strongest: Stretch?
    private var weakestLLR = Double.infinity
    private var alerts: [Alert] = []
    private var track: [HopScore] = []
    private var spectrogram: SpectrogramOverview

    public init(model: Model, operatingPoint: OperatingPoint, options: Options = Options()) {
        self.model = model
        self.operatingPoint = operatingPoint
        self.options = options
        let settings = model.frontEnd
        frontEnd = FrontEnd(settings: settings)
        network = NetworkState(model: model)
        unsafe pending = .allocate(capacity: settings.samplesNeededPerHop)
        unsafe pending.initialize(repeating: 0)
        unsafe features = .allocate(capacity: settings.framesPerHop * settings.binCount)
        unsafe features.initialize(repeating: 0)
        unsafe overview = .allocate(capacity: SpectrogramOverview.bandCount)
        unsafe overview.initialize(repeating: 0)
        window = SlidingWindow(capacity: max(1, Int((operatingPoint.windowNetSpeechSeconds / settings.hopSeconds).rounded())))
        engine = AlertEngine(operatingPoint: operatingPoint, sampleRate: settings.sampleRate)
        spectrogram = SpectrogramOverview(columnSeconds: settings.hopSeconds)
    }

    deinit {
        unsafe pending.deallocate()
        unsafe features.deallocate()
        unsafe overview.deallocate()
    }

    /// Net speech heard so far, in seconds.
    public var netSpeechSeconds: Double { seconds(ofHops: speechHops) }

    /// Exact where hops times their length in seconds would carry a rounding error into every report.
    private func seconds(ofHops count: Int) -> Double {
        Double(count * model.frontEnd.samplesPerHop) / Double(model.frontEnd.sampleRate)
    }

    /// The band heard so far. Above -40 dB there is more between 4.2 and 7 kHz than a narrow line lets through: speech
    /// has 10 to 30 dB less there than in the telephone band, a resampled 8 kHz recording 60 dB or more.
    /// Only speech counts: a jingle is not the line.
    public var bandwidth: Bandwidth { bandPowers.upperShare > 1e-4 ? .wideband : .narrowband }

    /// Takes a block of samples: 16 kHz, one channel, full scale at -1...1. Any length.
    /// - Parameter events: what happened is appended.
    public mutating func push(_ samples: Span<Float>, into events: inout [ScreeningEvent]) {
        unsafe samples.withUnsafeBufferPointer { block in
            var taken = 0
            while taken < block.count {
                let count = unsafe min(block.count - taken, pending.count - pendingCount)
                for offset in 0..<count {
                    unsafe pending[pendingCount + offset] = Self.sound(block[taken + offset])
                }
                pendingCount += count
                taken += count
                if unsafe pendingCount == pending.count { processHop(into: &events) }
            }
            sampleCount += block.count
        }
    }

    /// Ends the leg: what is left of the last hop is completed with silence, and the verdict is drawn up.
    public mutating func finish(into events: inout [ScreeningEvent]) -> LegResult {
        let perHop = model.frontEnd.samplesPerHop
        while hopCount * perHop < sampleCount {
            unsafe pending[pendingCount...].update(repeating: 0)
            processHop(into: &events)
        }
        if let last = engine.current { alerts.append(last) }
        return verdict()
    }

    /// A sample that cannot poison what comes after it: what is not finite is silence, and nothing is louder than 12 dB over
    /// full scale, since one absurd sample would lift the tracked peak and hide the speech of many seconds behind it.
    private static func sound(_ sample: Float) -> Float { sample.isFinite ? min(max(sample, -4), 4) : 0 }

    private mutating func processHop(into events: inout [ScreeningEvent]) {
        let settings = model.frontEnd
        let perHop = settings.samplesPerHop
        let powers = unsafe frontEnd.process(
            UnsafeBufferPointer(pending), into: features, overview: options.keepsSpectrogram ? overview : nil)
        let heard = unsafe Self.reduce(network.push(UnsafeBufferPointer(features)))
        let isSpeech = heard.speechProbability >= 0.5
        let start = hopCount * perHop
        let end = start + perHop
        hopCount += 1

        var energy = 0.0
        var clipped = 0
        for index in 0..<perHop {
            let sample = unsafe pending[index]
            energy += Double(sample) * Double(sample)
            if abs(sample) >= Self.clippingLevel { clipped += 1 }
        }

        var action: AlertEngine.Action?
        if isSpeech {
            speechHops += 1
            evidenceSum += Double(heard.evidence)
            clippedSamples += clipped
            bandPowers += powers
            window.push(evidence: heard.evidence, startSample: start, endSample: end)
            action = advanceAlert(endSample: end)
        }
        let score = HopScore(
            startSample: start, evidence: heard.evidence, speechProbability: heard.speechProbability, isSpeech: isSpeech,
            windowLLR: windowLLR, levelDBFS: Float(10 * log10(energy / Double(perHop))))
        if options.keepsTrack { track.append(score) }
        if options.keepsSpectrogram { appendColumn() }
        events.append(.hop(score))
        switch action {
        case .raised(let alert): events.append(.alertRaised(alert))
        case .ended(let alert):
            alerts.append(alert)
            events.append(.alertEnded(alert))
        case nil: break
        }

        let kept = unsafe pending.count - perHop
        unsafe pending.baseAddress!.update(from: pending.baseAddress! + perHop, count: kept)
        pendingCount = kept
    }

    /// Speech probability of a hop: the mean over its outputs. Evidence: their synthetic logits, weighted with how likely
    /// each is to be speech, so that a pause inside the hop says nothing.
    private static func reduce(_ outputs: UnsafeBufferPointer<Float>) -> (evidence: Float, speechProbability: Float) {
        var weighted: Float = 0
        var weights: Float = 0
        let count = outputs.count / 2
        for index in 0..<count {
            let probability = unsafe 1 / (1 + expf(-outputs[2 * index + 1]))
            unsafe weighted += probability * outputs[2 * index]
            weights += probability
        }
        return (weights > 0 ? weighted / weights : 0, weights / Float(count))
    }

    private var calibration: Calibration.Curve {
        bandwidth == .wideband ? model.calibration.wideband : model.calibration.narrowband
    }

    private mutating func advanceAlert(endSample: Int) -> AlertEngine.Action? {
        let seconds = seconds(ofHops: window.count)
        let llr = calibration.llr(mean: window.meanEvidence, netSpeechSeconds: seconds)
        let start = window.startSample ?? 0
        windowLLR = llr
        if operatingPoint.isEnough(netSpeechSeconds: seconds) {
            weakestLLR = min(weakestLLR, llr)
            if llr > strongest?.windowLLR ?? -.infinity {
                let rate = Double(model.frontEnd.sampleRate)
                strongest = Stretch(startSeconds: Double(start) / rate, endSeconds: Double(endSample) / rate, windowLLR: llr)
            }
        }
        return engine.push(
            AlertEngine.Point(
                windowStartSample: start, windowEndSample: endSample, windowNetSpeechSeconds: seconds, windowLLR: llr,
                netSpeechSeconds: netSpeechSeconds))
    }

    private mutating func appendColumn() {
        let fullScale = Float(model.frontEnd.frameSamples * model.frontEnd.frameSamples) / 16
        for unsafe power in unsafe overview {
            let level = 10 * log10f(power / fullScale + 1e-12) + 120
            spectrogram.levels.append(UInt8(min(max(level, 0), 120)))
        }
    }

    private func verdict() -> LegResult {
        let seconds = netSpeechSeconds
        let llr = speechHops > 0
            ? calibration.llr(mean: evidenceSum / Double(speechHops), netSpeechSeconds: seconds) : nil
        let (outcome, reason) = outcome(llr: llr, netSpeechSeconds: seconds)
        let isMixed = options.isOnlyChannel && !alerts.isEmpty && weakestLLR <= -operatingPoint.alertAtWindowLLR
        return LegResult(
            outcome: outcome, reason: reason, llr: llr, netSpeechSeconds: seconds,
            durationSeconds: Double(sampleCount) / Double(model.frontEnd.sampleRate), bandwidth: bandwidth, alerts: alerts,
            strongest: strongest, mayBeMixed: isMixed, track: track,
            spectrogram: options.keepsSpectrogram ? spectrogram : nil)
    }

    private func outcome(llr: Double?, netSpeechSeconds: Double) -> (Outcome, InconclusiveReason?) {
        guard let llr else { return (.inconclusive, .noSpeech) }
        guard operatingPoint.isEnough(netSpeechSeconds: netSpeechSeconds) else { return (.inconclusive, .tooLittleSpeech) }
        // Speech that spends a twentieth of its samples at full scale is distorted beyond what any model here was trained on;
        // this outranks an alert, which stands in the result all the same, since distortion can raise one by itself.
        if clippedSamples * 20 > speechHops * model.frontEnd.samplesPerHop { return (.inconclusive, .outsideMeasuredConditions) }
        if !alerts.isEmpty || llr >= operatingPoint.syntheticAtLLR { return (.synthetic, nil) }
        return llr < operatingPoint.humanBelowLLR ? (.human, nil) : (.inconclusive, .weakEvidence)
    }
}
