import Kernels
import Spectra

/// The weights of an encoder, bound: immutable, shared by all calls.
final class Encoder: Sendable {
    let shape: EncoderDescription
    let frontEnd: LogMelSettings
    let convolutions: [FrameConvolution]
    let blocks: [TransformerBlock]
    /// [contextFrames + framesPerHop][width].
    let positions: WeightBuffer
    /// What a block gives on average at each position, taken off before pooling: [blocks][contextFrames + framesPerHop][width].
    let positionMeans: WeightBuffer
    /// Mean of each statistic, and one over its deviation.
    let statisticMean: WeightBuffer
    let statisticScale: WeightBuffer
    let hidden: PackedMatrix
    let output: PackedMatrix
    let speech: PackedMatrix
    let parameterCount: Int
    let multiplyAccumulatesPerHop: Int

    /// Encoder frames of a hop: half as many as spectra.
    var framesPerHop: Int { frontEnd.framesPerHop / 2 }
    /// Frames after which positions begin anew; also how many keys and values a block remembers.
    var cycle: Int { shape.contextFrames + framesPerHop }

    /// Binds every tensor after checking its shape.
    init(_ shape: EncoderDescription, frontEnd: LogMelSettings, from file: Safetensors) throws(ModelError) {
        if let fault = shape.fault(for: frontEnd) { throw .malformed(path: file.path, what: "encoder: \(fault)") }
        self.shape = shape
        self.frontEnd = frontEnd
        var binder = TensorBinder(file)
        let (width, frames) = (shape.width, frontEnd.framesPerHop / 2)
        let cycle = shape.contextFrames + frames
        convolutions = [
            try FrameConvolution("conv1", inputs: frontEnd.bandCount, outputs: width, stride: 1, from: &binder),
            try FrameConvolution("conv2", inputs: width, outputs: width, stride: 2, from: &binder),
        ]
        var blocks: [TransformerBlock] = []
        for index in 0..<shape.blocks {
            blocks.append(
                try TransformerBlock(
                    "block\(index + 1)", width: width, heads: shape.heads, inner: shape.inner, cycle: cycle, from: &binder))
        }
        self.blocks = blocks
        positions = try binder.vector("positions", [cycle, width])
        positionMeans = try binder.vector("positionMeans", [shape.blocks, cycle, width])
        statisticMean = try binder.vector("statistics.mean", [shape.statisticCount])
        statisticScale = try binder.vector("statistics.scale", [shape.statisticCount])
        hidden = try binder.matrix("head.hidden", outputs: shape.hidden, inputs: shape.statisticCount)
        output = try binder.matrix("head.output", outputs: 1, inputs: shape.hidden)
        speech = try binder.matrix("speech", outputs: 1, inputs: shape.statisticCount)
        try binder.refuseOthers()
        parameterCount = binder.parameterCount
        multiplyAccumulatesPerHop =
            (2 * frames + 1) * convolutions[0].multiplyAccumulatesPerRow
            + frames * (convolutions[1].multiplyAccumulatesPerRow + blocks.reduce(0) { $0 + $1.multiplyAccumulatesPerRow })
            + hidden.inputs * hidden.outputs + hidden.outputs + speech.inputs
    }
}
