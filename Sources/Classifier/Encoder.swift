import Kernels
import Spectra

/// The weights of a model of format 2, bound: immutable, shared by all calls.
struct Encoder: Sendable {
    struct Norm: Sendable {
        let gamma: WeightBuffer
        let beta: WeightBuffer
    }

    struct Block: Sendable {
        let attentionNorm: Norm
        /// To queries, keys and values, side by side.
        let projections: PackedMatrix
        let attentionOutput: PackedMatrix
        let innerNorm: Norm
        let inner: PackedMatrix
        let outer: PackedMatrix
    }

    let shape: EncoderDescription
    let frontEnd: LogMelSettings
    let convolutions: [PackedMatrix]
    let blocks: [Block]
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
            try binder.matrix("conv1", outputs: width, inputs: 3 * frontEnd.bandCount),
            try binder.matrix("conv2", outputs: width, inputs: 3 * width),
        ]
        var blocks: [Block] = []
        for index in 0..<shape.blocks {
            let name = "block\(index + 1)"
            blocks.append(
                Block(
                    attentionNorm: Norm(
                        gamma: try binder.vector("\(name).attentionNorm.gamma", [width]), beta: try binder.vector("\(name).attentionNorm.beta", [width])),
                    projections: try binder.matrix("\(name).projections", outputs: 3 * width, inputs: width),
                    attentionOutput: try binder.matrix("\(name).attentionOutput", outputs: width, inputs: width),
                    innerNorm: Norm(gamma: try binder.vector("\(name).innerNorm.gamma", [width]), beta: try binder.vector("\(name).innerNorm.beta", [width])),
                    inner: try binder.matrix("\(name).inner", outputs: shape.inner, inputs: width),
                    outer: try binder.matrix("\(name).outer", outputs: width, inputs: shape.inner)))
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
        // Rows that a layer sees a hop; attention's two products are over all keys.
        let perFrame = blocks.reduce(0) { sum, block in
            sum + [block.projections, block.attentionOutput, block.inner, block.outer].reduce(0) { $0 + $1.inputs * $1.outputs } + 2 * cycle * width
        }
        multiplyAccumulatesPerHop =
            (2 * frames + 1) * convolutions[0].inputs * width + frames * (convolutions[1].inputs * width + perFrame)
            + hidden.inputs * hidden.outputs + hidden.outputs + speech.inputs
    }
}
