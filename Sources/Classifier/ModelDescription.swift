import Spectra

/// What a model file says about itself: one canonical JSON string in its metadata.
struct ModelDescription: Decodable {
    /// The two formats of model files that this program reads.
    enum Network {
        /// falsetto.model/1: layers over a normalised log spectrum.
        case layers([LayerDescription], FrontEndSettings)
        /// falsetto.model/2: a speech encoder over a log mel spectrum, statistics and a head.
        case encoder(EncoderDescription, LogMelSettings)
    }

    static let formats = ["falsetto.model/1", "falsetto.model/2"]

    var name: String
    var network: Network
    var calibration: Calibration

    private enum Key: String, CodingKey { case format, name, frontEnd, layers, encoder, calibration }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let format = try values.decode(String.self, forKey: .format)
        guard let version = Self.formats.firstIndex(of: format) else { throw UnknownFormat(format: format) }
        name = try values.decode(String.self, forKey: .name)
        calibration = try values.decode(Calibration.self, forKey: .calibration)
        network =
            version == 0
            ? .layers(try values.decode([LayerDescription].self, forKey: .layers), try values.decode(FrontEndSettings.self, forKey: .frontEnd))
            : .encoder(try values.decode(EncoderDescription.self, forKey: .encoder), try values.decode(LogMelSettings.self, forKey: .frontEnd))
    }

    struct UnknownFormat: Error { var format: String }
}

/// One causal convolution over time and frequency, as the model file declares it.
///
/// Activations are [time][frequency][channel]. Output frame j reads input frames j st + st - 1 - (kt - 1 - i) dt for
/// i in 0..<kt; frames before the start of the leg are zeros. Frequency is padded with zeros on both sides.
struct LayerDescription: Decodable, Equatable {
    enum Activation: String, Decodable { case relu, none }

    var name: String
    /// Input channels (after flattening) and output channels.
    var `in`: Int
    var out: Int
    /// [time, frequency]
    var kernel: [Int]
    /// [time, frequency]
    var stride: [Int]
    /// Distance between time taps, in input frames.
    var dilation: Int
    var padFrequency: Int
    var activation: Activation
    /// The layer's output is added to its input.
    var residual: Bool
    /// Frequencies become channels before the convolution: [F][C] is read as [1][F C].
    var flatten: Bool
    /// Every channel has its own taps.
    var depthwise: Bool
    /// Present for a layer of running statistics (`RunningStatistics`), which is no convolution: what its sums keep of
    /// themselves from frame to frame, above 0 and below 1.
    var decay: Float?

    /// What is wrong with the numbers, in one sentence; nil when they make a layer.
    var fault: String? {
        guard kernel.count == 2, stride.count == 2 else { return "kernel and stride need two numbers each" }
        let sizes = [`in`, out] + kernel + stride + [dilation]
        guard sizes.allSatisfy({ 1...4096 ~= $0 }), 0...64 ~= padFrequency else { return "a size is outside 1...4096" }
        guard (kernel[0] - 1) * dilation - (stride[0] - 1) >= 0 else { return "the kernel is shorter than the stride" }
        if residual, `in` != out || stride != [1, 1] || kernel[1] != 2 * padFrequency + 1 {
            return "a residual layer must keep its shape"
        }
        if depthwise, `in` != out { return "a depthwise layer must keep its channels" }
        if let decay {
            guard decay > 0, decay < 1 else { return "a decay is not between 0 and 1" }
            guard kernel == [1, 1], stride == [1, 1], padFrequency == 0, !residual, !flatten, !depthwise, activation == .none,
                out == 3 * `in`
            else { return "running statistics take a frame as it is and give three numbers a channel" }
        }
        return nil
    }
}
