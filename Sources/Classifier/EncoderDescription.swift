import Spectra

/// The network of a model whose file holds an `encoder`, as declared there: two convolutions and blocks of a pretrained speech encoder over a log mel
/// spectrum, statistics of their outputs, and a head.
///
/// Per hop of the track, with H = `framesPerHop` / 2 encoder frames a hop:
/// conv1 (3 taps) and conv2 (3 taps, stride 2), each with GELU; plus `positions`, which begin anew every `contextFrames` + H frames; then pre-norm
/// transformer blocks whose attention sees the hop and up to `contextFrames` frames before it. Source of the layers: Radford et al.
/// 2022, section 2.2 (Whisper); the blocks' attention over a hop and a bounded past is ours.
struct EncoderDescription: Decodable, Equatable {
    /// Channels of the convolutions and blocks.
    var width: Int
    var heads: Int
    /// Width inside a block's feed-forward layers.
    var inner: Int
    var blocks: Int
    /// Encoder frames before a hop that its attention sees; a multiple of a hop's.
    var contextFrames: Int
    /// Outputs whose statistics are pooled: 0 the convolutions', 1 the first block's, and so on; ascending.
    var pooled: [Int]
    /// Hops with speech that the head looks back on.
    var windowHops: Int
    /// Standardised statistics are limited to ± this.
    var limit: Float
    /// Width of the head's one hidden layer.
    var hidden: Int

    /// What is wrong with the numbers, in one sentence; nil when they make a network.
    func fault(for frontEnd: LogMelSettings) -> String? {
        let frames = frontEnd.framesPerHop / 2
        guard [width, inner, hidden].allSatisfy({ 1...4096 ~= $0 }), 1...8 ~= blocks else { return "a size of the encoder is out of range" }
        guard heads > 0, width % heads == 0, (width / heads) % 32 == 0 else {
            return "\(heads) heads do not divide a width of \(width) into multiples of 32"
        }
        guard 0...1500 ~= contextFrames, contextFrames % frames == 0 else {
            return "contextFrames is \(contextFrames), not a multiple of \(frames) up to 1500"
        }
        guard !pooled.isEmpty, pooled.allSatisfy({ 0...blocks ~= $0 }), zip(pooled, pooled.dropFirst()).allSatisfy(<) else {
            return "pooled outputs \(pooled) are not ascending within 0...\(blocks)"
        }
        guard 1...64 ~= windowHops else { return "windowHops is \(windowHops), not from 1 to 64" }
        guard limit > 0, limit.isFinite else { return "limit is not a positive number" }
        return nil
    }

    /// Mean, deviation and step for each channel of each pooled output.
    var statisticCount: Int { 3 * width * pooled.count }
}
