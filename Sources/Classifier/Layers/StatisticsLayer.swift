#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Statistics of the channels over the frames so far, as one more layer: how even a voice is shows over seconds.
///
/// Attentive statistics pooling (Okabe, Koshinaka & Shinoda, "Attentive Statistics Pooling for Deep Speaker Embedding",
/// Interspeech 2018) made causal. For a frame h of C channels, with w = sigmoid(v h + b), or 1 without a gate, and S0, S1, S2 the sums of
/// w (1, h, h^2) over the frames that are remembered:
///
///     output = h, S1 / S0, sqrt(max(S2 / S0 - (S1 / S0)^2, 0) + 1e-4)
///
/// where 1e-3 is added to S0 in the quotients, so that a leg's first frames divide by something. The gate is a convolution of one tap to
/// one channel: `NAME.weight` [1][1][C][1] and `NAME.bias` [1]. Needs one frequency.
struct StatisticsLayer: LayerKind {
    enum Memory: Equatable {
        /// The sums keep this much of themselves from frame to frame.
        case running(decay: Float)
        /// The last frames, this one included.
        case window(frames: Int)
        case leg
    }

    var memory: Memory
    var isGated: Bool

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        let (frames, channels) = (inputs[0].frames, inputs[0].channels)
        try binder.checkOneFrequency(name, inputs[0])
        let gate = isGated ? try (weights: binder.vector("\(name).weight", [1, 1, channels, 1]), bias: binder.values("\(name).bias", [1])[0]) : nil
        let sums: Sums
        switch memory {
        case .running(let decay):
            try binder.check(name, decay > 0 && decay < 1, "decay is \(decay), not between 0 and 1")
            sums = .running(RunningStatistics(channels: channels, decay: decay))
        case .window(let window):
            try binder.check(name, 1...65_536 ~= window, "frames is \(window), not from 1 to 65536")
            sums = .kept(KeptStatistics(channels: channels, window: window))
        case .leg: sums = .kept(KeptStatistics(channels: channels, window: 0))
        }
        return BoundLayer(
            output: inputs[0].with(channels: 3 * channels), stateFloats: sums.stateFloats,
            // Three sums and two quotients a channel, and the gate.
            multiplyAccumulatesPerHop: frames * (isGated ? 5 : 4) * channels
        ) { run in
            for frame in 0..<frames {
                let (input, output) = unsafe (run.input + frame * channels, run.output + frame * 3 * channels)
                let weight = gate.map { unsafe Self.weight(of: input, channels: channels, gate: $0.weights.pointer, bias: $0.bias) } ?? 1
                switch sums {
                case .running(let sums): unsafe sums.push(input, weight: weight, memory: run.state, output: output)
                case .kept(let sums): unsafe sums.push(input, weight: weight, index: run.hop * frames + frame, state: run.state, output: output)
                }
            }
        }
    }

    private enum Sums: Sendable {
        case running(RunningStatistics)
        case kept(KeptStatistics)

        var stateFloats: Int {
            switch self {
            case .running(let sums): sums.memorySize
            case .kept(let sums): sums.stateFloats
            }
        }
    }

    /// sigmoid(v h + b).
    static func weight(of frame: UnsafePointer<Float>, channels: Int, gate: UnsafePointer<Float>, bias: Float) -> Float {
        var logit = bias
        for channel in 0..<channels { unsafe logit += frame[channel] * gate[channel] }
        return 1 / (1 + expf(-logit))
    }
}

extension StatisticsLayer {
    private enum Word: String, CaseIterable { case running, window, leg }

    init(from reader: inout LayerReader) throws {
        switch try reader.word("memory") as Word {
        case .running: memory = .running(decay: try reader.value("decay"))
        case .window: memory = .window(frames: try reader.value("frames"))
        case .leg: memory = .leg
        }
        isGated = try reader.value("gate", default: false)
    }
}

/// Sums that forget exponentially: S <- decay S + w (1, h, h^2).
struct RunningStatistics: Sendable {
    let channels: Int
    let decay: Float

    /// Floats kept from frame to frame: S0, then S1, then S2.
    var memorySize: Int { 1 + 2 * channels }

    /// Takes one frame. Does not allocate.
    /// - Parameters:
    ///   - frame: C floats.
    ///   - memory: `memorySize` floats, zero at the start of a leg.
    ///   - output: room for 3 C floats.
    func push(_ frame: UnsafePointer<Float>, weight: Float, memory: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>) {
        unsafe memory[0] = decay * memory[0] + weight
        let inverse = unsafe 1 / (memory[0] + 1e-3)
        let (first, second) = unsafe (memory + 1, memory + 1 + channels)
        for channel in 0..<channels {
            let value = unsafe frame[channel]
            unsafe first[channel] = decay * first[channel] + weight * value
            unsafe second[channel] = decay * second[channel] + weight * value * value
            let mean = unsafe first[channel] * inverse
            let variance = unsafe max(second[channel] * inverse - mean * mean, 0)
            unsafe output[channel] = value
            unsafe output[channels + channel] = mean
            unsafe output[2 * channels + channel] = (variance + 1e-4).squareRoot()
        }
    }
}

/// Sums over a window of frames, or over the whole leg. In double precision: what a frame added is taken away again as it leaves the window, and
/// what rounding leaves behind stays far below a float's last bit for as long as a call can last.
struct KeptStatistics: Sendable {
    let channels: Int
    /// 0 for the whole leg.
    let window: Int

    private var sums: Int { 1 + 2 * channels }
    /// The sums, each a double; behind them a ring of the window's frames, each its weight and its channels.
    var stateFloats: Int { 2 * sums + window * (1 + channels) }

    /// Takes one frame. Does not allocate.
    /// - Parameters:
    ///   - index: of the frame in its leg.
    ///   - state: `stateFloats` floats, zero at the start of a leg; at an address that suits a double.
    ///   - output: room for 3 C floats.
    func push(_ frame: UnsafePointer<Float>, weight: Float, index: Int, state: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>) {
        unsafe state.withMemoryRebound(to: Double.self, capacity: sums) { sums in
            if window > 0 {
                // Before the window is full, zeros leave it.
                let oldest = unsafe state + 2 * self.sums + index % window * (1 + channels)
                unsafe add(oldest + 1, weight: oldest[0], sign: -1, to: sums)
                unsafe oldest[0] = weight
                unsafe (oldest + 1).update(from: frame, count: channels)
            }
            unsafe add(frame, weight: weight, sign: 1, to: sums)
            let total = unsafe sums[0] + 1e-3
            for channel in 0..<channels {
                let mean = unsafe sums[1 + channel] / total
                let variance = unsafe max(sums[1 + channels + channel] / total - mean * mean, 0)
                unsafe output[channel] = frame[channel]
                unsafe output[channels + channel] = Float(mean)
                unsafe output[2 * channels + channel] = Float((variance + 1e-4).squareRoot())
            }
        }
    }

    private func add(_ frame: UnsafePointer<Float>, weight: Float, sign: Double, to sums: UnsafeMutablePointer<Double>) {
        let weight = Double(weight)
        unsafe sums[0] += sign * weight
        for channel in 0..<channels {
            let value = unsafe Double(frame[channel])
            unsafe sums[1 + channel] += sign * (weight * value)
            unsafe sums[1 + channels + channel] += sign * (weight * value * value)
        }
    }
}
