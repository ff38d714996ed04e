/// The shape of one convolution over rows of channels, as the kernel sees it.
///
/// A row r of the output reads, for each time tap t, one contiguous run of `runLength` inputs that starts at
/// `r * inputRowStride + t * tapStride`. Both a convolution over frequency and one over time are this loop: the rows are
/// output frequencies in the first case and output frames in the second.
public struct ConvolutionShape: Sendable, Equatable {
    /// Time taps.
    public var tapCount: Int
    /// Distance between the runs of two taps, in floats.
    public var tapStride: Int
    /// Frequency taps times input channels.
    public var runLength: Int
    /// Output rows.
    public var rowCount: Int
    /// Distance between the runs of two rows, in floats.
    public var inputRowStride: Int
    /// Distance between two output rows, in floats.
    public var outputRowStride: Int
    public var outputChannels: Int
    /// Negative sums become zero.
    public var rectified: Bool

    public init(
        tapCount: Int, tapStride: Int, runLength: Int, rowCount: Int, inputRowStride: Int, outputRowStride: Int,
        outputChannels: Int, rectified: Bool
    ) {
        self.tapCount = tapCount
        self.tapStride = tapStride
        self.runLength = runLength
        self.rowCount = rowCount
        self.inputRowStride = inputRowStride
        self.outputRowStride = outputRowStride
        self.outputChannels = outputChannels
        self.rectified = rectified
    }

    /// Channels of one accumulator of `convolve`, the same at every level.
    public static let channelsTogether = 8

    /// Output channels rounded up to whole accumulators: weights and bias are stored this wide, padded with zeros.
    public var paddedChannels: Int { (outputChannels + Self.channelsTogether - 1) / Self.channelsTogether * Self.channelsTogether }
}
