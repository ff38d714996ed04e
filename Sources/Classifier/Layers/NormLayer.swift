/// `LayerNorm` over the channels, at every frequency of every frame. Binds `NAME.gamma` and `NAME.beta`, [channels] each.
struct NormLayer: LayerKind {
    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        let shape = inputs[0]
        let norm = try LayerNorm(name, width: shape.channels, from: &binder)
        return BoundLayer(output: shape) { run in unsafe norm.run(run.input, rows: shape.rows, output: run.output) }
    }
}
