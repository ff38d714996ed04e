import CFFTW
import Synchronization

/// A windowed power spectrum of one frame, computed by FFTW.
///
/// Owns the plan and both buffers. The plan is made with `FFTW_ESTIMATE`: a plan chosen by timing differs from run to run,
/// and with it the last bits of every score.
@safe struct RealTransform: ~Copyable {
    let frameSamples: Int
    private let plan: fftwf_plan
    private let input: UnsafeMutablePointer<Float>
    private let output: UnsafeMutablePointer<fftwf_complex>
    private let window: UnsafeMutablePointer<Float>

    /// FFTW's planner keeps global state; only executing a plan is thread-safe.
    private static let planner = Mutex<Void>(())

    /// - Precondition: `frameSamples` is even and positive.
    init(frameSamples: Int) {
        precondition(frameSamples > 0 && frameSamples % 2 == 0, "a real transform needs an even, positive length")
        self.frameSamples = frameSamples
        unsafe input = fftwf_alloc_real(frameSamples)
        unsafe output = fftwf_alloc_complex(frameSamples / 2 + 1)
        unsafe window = .allocate(capacity: frameSamples)
        for n in 0..<frameSamples {
            // Periodic Hann: 0.5 - 0.5 cos(2 pi n / N).
            unsafe window[n] = Float(0.5 - 0.5 * Math.cosine(2 * Double.pi * Double(n) / Double(frameSamples)))
        }
        let (length, source, target) = unsafe (Int32(frameSamples), UInt(bitPattern: input), UInt(bitPattern: output))
        let made = Self.planner.withLock { _ in
            unsafe UInt(
                bitPattern: fftwf_plan_dft_r2c_1d(
                    length, UnsafeMutablePointer(bitPattern: source), UnsafeMutablePointer(bitPattern: target),
                    UInt32(FFTW_ESTIMATE)))
        }
        guard let made = unsafe fftwf_plan(bitPattern: made) else {
            fatalError("FFTW has no plan for a real transform of \(frameSamples) samples")
        }
        unsafe plan = made
    }

    deinit {
        let handle = unsafe UInt(bitPattern: plan)
        Self.planner.withLock { _ in unsafe fftwf_destroy_plan(fftwf_plan(bitPattern: handle)) }
        unsafe fftwf_free(input)
        unsafe fftwf_free(output)
        unsafe window.deallocate()
    }

    /// Writes |X_k|^2 for k = 1...binCount of `frame` (`frameSamples` samples) to `power`. Does not allocate.
    func power(of frame: UnsafePointer<Float>, into power: UnsafeMutablePointer<Float>, binCount: Int) {
        for n in 0..<frameSamples { unsafe input[n] = frame[n] * window[n] }
        unsafe fftwf_execute(plan)
        for k in 1...binCount {
            let bin = unsafe output[k]
            unsafe power[k - 1] = bin.0 * bin.0 + bin.1 * bin.1
        }
    }
}
