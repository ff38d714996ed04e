import KernelInterface

/// The kernels of the level that this module is compiled for.
public func kernelSet() -> KernelSet {
    unsafe KernelSet(
        name: levelName, panelWidth: panelWidth, dense: runDense, gelu: runGELU, exponential: runExponential, layerNorm: runLayerNorm,
        remembering: remember, attention: runAttention, convolution: convolve, depthwise: convolveDepthwise)
}
