import CSoxr
import Text

/// Brings one channel to another sample rate, block by block, with soxr's high-quality recipe (20 bits of precision).
///
/// The output depends on the samples alone and not on how they were cut into blocks, bit for bit. Where both rates are
/// equal the samples pass untouched. In all, `round(n * to / from)` samples come out, give or take one.
@safe public struct Resampler: ~Copyable {
    public let inputRate: Int
    public let outputRate: Int
    /// nil where both rates are equal.
    private let handle: soxr_t?
    private var scratch: [Float]
    private var finished = false
    private var takenFrames = 0

    /// Throws: `AudioError` of kind `limit` for an input rate outside `AudioLimits.sampleRates`.
    public init(from inputRate: Int, to outputRate: Int = ScreeningRate.hertz) throws(AudioError) {
        try AudioLimits.check(path: "resampler", sampleRate: inputRate, channelCount: 1)
        precondition(outputRate > 0, "the output rate must be positive")
        let handle = inputRate == outputRate ? nil : try unsafe Resampler.makeHandle(inputRate, outputRate)
        self.inputRate = inputRate
        self.outputRate = outputRate
        unsafe self.handle = handle
        scratch = [Float](repeating: 0, count: unsafe handle == nil ? 0 : 8192)
    }

    deinit { if let handle = unsafe handle { unsafe soxr_delete(handle) } }

    private static func makeHandle(_ inputRate: Int, _ outputRate: Int) throws(AudioError) -> soxr_t {
        var error: soxr_error_t?
        var format = unsafe soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
        var quality = unsafe soxr_quality_spec(UInt(SOXR_HQ), 0)
        var runtime = unsafe soxr_runtime_spec(1)
        // soxr filters by transforms of whole blocks; the shortest that hold the filter keep back least: of 8 kHz at most 52 ms instead of 115, at
        // the same cost. The samples are the same but for rounding.
        unsafe runtime.log2_min_dft_size = 8
        unsafe runtime.log2_large_dft_size = 8
        let created = unsafe soxr_create(Double(inputRate), Double(outputRate), 1, &error, &format, &quality, &runtime)
        guard let created = unsafe created, unsafe error == nil else {
            let words = if let error = unsafe error { unsafe String(cString: error) } else { "no reason given" }
            throw AudioError(.io, path: nil, "no resampler from \(inputRate) to \(outputRate) Hz: \(words)")
        }
        return unsafe created
    }

    /// How much sound has been taken in and not yet given out, in seconds; it never exceeds 0.15 s, at 8 kHz 0.055 s.
    public var delaySeconds: Double {
        guard let handle = unsafe handle else { return 0 }
        return unsafe soxr_delay(handle) / Double(outputRate)
    }

    /// How many more frames it takes before it has given out so many more samples: exactly where all blocks that it gives are alike, as they are from
    /// 8 or 48 kHz; else it may take some more. 0 where nothing is known.
    public func framesNeeded(for samples: Int) -> Int {
        guard unsafe handle != nil, samples > 0 else { return max(0, samples) }
        guard let rhythm = ResamplerRhythm.of(inputRate, outputRate) else { return 0 }
        let blocks = (samples + rhythm.mostSamples - 1) / rhythm.mostSamples
        let behindFirst = takenFrames - rhythm.firstFrames
        let toNext = behindFirst < 0 ? -behindFirst : rhythm.blockFrames - behindFirst % rhythm.blockFrames
        return toNext + (blocks - 1) * rhythm.blockFrames
    }

    /// Takes samples in and appends to `output` whatever is ready.
    ///
    /// Traps after `finish`. Allocates only where `output` has to grow.
    public mutating func push(_ samples: Span<Float>, into output: inout [Float]) {
        unsafe samples.withUnsafeBufferPointer { buffer in unsafe push(buffer, into: &output) }
    }

    public mutating func push(_ samples: [Float], into output: inout [Float]) {
        unsafe samples.withUnsafeBufferPointer { buffer in unsafe push(buffer, into: &output) }
    }

    public mutating func push(_ samples: UnsafeBufferPointer<Float>, into output: inout [Float]) {
        precondition(!finished, "nothing can be pushed into a finished resampler")
        guard let handle = unsafe handle else {
            unsafe output.append(contentsOf: samples)
            return
        }
        takenFrames += samples.count
        guard var position = samples.baseAddress else { return }
        var left = samples.count
        while true {
            var taken = 0, given = 0
            let error = unsafe soxr_process(handle, position, left, &taken, &scratch, scratch.count, &given)
            unsafe precondition(error == nil, "soxr refused valid samples")
            unsafe position += taken
            left -= taken
            output.append(contentsOf: scratch[..<given])
            // A full scratch may mean that more is waiting inside.
            if left == 0, given < scratch.count { return }
        }
    }

    /// Appends the rest of the output; nothing can be pushed afterwards.
    public mutating func finish(into output: inout [Float]) {
        guard !finished else { return }
        finished = true
        guard let handle = unsafe handle else { return }
        while true {
            var given = 0
            let error = unsafe soxr_process(handle, nil, 0, nil, &scratch, scratch.count, &given)
            unsafe precondition(error == nil, "soxr failed at the end of its input")
            guard given > 0 else { return }
            output.append(contentsOf: scratch[..<given])
        }
    }
}
