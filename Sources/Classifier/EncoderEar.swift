import Kernels
import Spectra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One leg heard by an encoder: its log mel spectrum, what its attentions remember, its statistics, and what it was given to hear last.
/// The network itself is run by an `EncoderBatch`.
///
/// The encoder hears blocks of a hop's length that lie where the speech does (`LogMel`); what a block gives belongs to the hop in which it
/// ends. Attention sees the block and what is remembered of the frames before it, so nothing is computed twice. The
/// remembered keys and values lie in a ring whose slots are the positions.
@safe final class EncoderEar {
    let encoder: Encoder
    private var frontEnd: LogMel
    private var statistics: HopStatistics
    /// What each block remembers.
    let memories: [Floats]
    /// Frames heard since the encoder began anew; the next one's position is this modulo the cycle.
    private(set) var framesHeard = 0
    /// Of the block that waits for the network: [framesBefore + framesPerHop][bandCount].
    let features: Floats
    /// A block waits for the network.
    private(set) var isWaiting = false
    /// Of the hop given last; without the network's part while it waits.
    private(set) var heard = Heard(powers: BandPowers())
    /// Nothing is missing from the block that waits.
    private var isWhole = false
    private var lastScore: Float = 0
    /// Up to where sound was missing from the hop before, counted from the present one's first sample: at most 0.
    private var missingUntil = Int.min

    init(_ encoder: Encoder) {
        self.encoder = encoder
        frontEnd = LogMel(settings: encoder.frontEnd)
        statistics = HopStatistics(channelCount: encoder.shape.width * encoder.shape.pooled.count, windowHops: encoder.shape.windowHops)
        memories = encoder.blocks.map { Floats($0.stateFloats) }
        features = Floats(encoder.frontEnd.featureCount)
    }

    /// As `Ear.listen`.
    func listen(_ samples: UnsafeBufferPointer<Float>, soundCount: Int, missing: Range<Int>?, overview: UnsafeMutableBufferPointer<Float>?) {
        precondition(!isWaiting, "a hop waits for the network already")
        let hearing = unsafe frontEnd.process(
            samples, soundCount: soundCount, into: UnsafeMutableBufferPointer(start: features.start, count: features.count), overview: overview)
        heard = Heard(powers: hearing.powers)
        let missedBefore = missingUntil
        let hop = encoder.frontEnd.samplesPerHop
        missingUntil = missing.map { min($0.upperBound, hop) - hop } ?? .min
        guard let block = hearing.block else { return }
        heard.blockStart = block.start
        // What comes after a pause is heard as at the start of a leg: nothing is left to attend to.
        if block.beginsAnew { framesHeard = 0 }
        isWhole = missedBefore <= block.start && (missing?.lowerBound ?? .max) >= block.start + hop
        isWaiting = !block.isQuiet
    }

    /// A hop of which nothing arrived.
    func restart() {
        precondition(!isWaiting, "a hop waits for the network already")
        frontEnd.restart()
        framesHeard = 0
        missingUntil = .min
    }

    /// The frames of one of the encoder's outputs.
    func take(_ frames: UnsafePointer<Float>, output: Int) {
        guard let place = encoder.shape.pooled.firstIndex(of: output) else { return }
        let width = encoder.shape.width
        let offsets = unsafe output == 0 ? nil : encoder.positionMeans.pointer + ((output - 1) * encoder.cycle + position) * width
        unsafe statistics.take(frames, less: offsets, frameCount: encoder.framesPerHop, width: width, asChannelsFrom: place * width)
    }

    /// Of the first frame of the block that waits.
    var position: Int { framesHeard % encoder.cycle }

    /// All frames of the block went through.
    func advance() {
        framesHeard += encoder.framesPerHop
        // Never larger than the cycle and a hop: the count only says how much of the ring is filled and where it stands.
        if framesHeard >= 2 * encoder.cycle { framesHeard -= encoder.cycle }
    }

    /// Standardised statistics of the block, or of the window that it is the last of.
    func pool(window: Bool, into pooled: UnsafeMutablePointer<Float>) {
        unsafe statistics.pool(window: window, into: pooled)
        let (mean, scale, limit) = unsafe (encoder.statisticMean.pointer, encoder.statisticScale.pointer, encoder.shape.limit)
        for index in 0..<encoder.shape.statisticCount {
            let value = unsafe (pooled[index] - mean[index]) * scale[index]
            unsafe pooled[index] = min(max(value, -limit), limit)
        }
    }

    /// What the speech detector says of the block.
    /// - Returns: whether it enters the window, which is then to be scored.
    func take(speechLogit: Float) -> Bool {
        isWaiting = false
        heard.speechProbability = 1 / (1 + expf(-speechLogit))
        heard.isSpeech = heard.speechProbability >= Heard.speechThreshold && isWhole
        if heard.isSpeech { statistics.keep() }
        return heard.isSpeech
    }

    /// The window's score becomes the hop's increment of evidence, such that the mean of all increments is the head's score of the window while the
    /// window still grows, and afterwards each increment is its window's score. Why: the first windows are short and their scores poor; a mean of
    /// scores would keep them for the whole leg.
    func take(score: Float) {
        let count = statistics.count
        heard.evidence = count > encoder.shape.windowHops ? score : Float(count) * score - Float(count - 1) * lastScore
        lastScore = score
    }
}
