/// How one sample lies in memory as a sound card hands it over, in the machine's own byte order.
public enum SampleEncoding: String, Sendable, Codable, CaseIterable {
    case s16, s32, float

    /// Bytes a sample.
    public var byteCount: Int { self == .s16 ? 2 : 4 }

    /// Appends the samples of one channel as floats, full scale at ±1: `s16` divided by 2^15, `s32` by 2^31, as libsndfile
    /// does, so that a recording of a line decodes to what was heard live.
    ///
    /// Bytes behind the last whole sample are left out. Allocates only where `samples` has to grow.
    public func decode(_ bytes: UnsafeRawBufferPointer, into samples: inout [Float]) {
        let count = bytes.count / byteCount
        samples.reserveCapacity(samples.count + count)
        switch self {
        case .s16:
            for index in 0..<count { samples.append(Float(unsafe bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)) / 32_768) }
        case .s32:
            for index in 0..<count { samples.append(Float(unsafe bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)) / 2_147_483_648) }
        case .float:
            for index in 0..<count { samples.append(unsafe bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)) }
        }
    }

    public func decode(_ bytes: [UInt8], into samples: inout [Float]) {
        unsafe bytes.withUnsafeBytes { unsafe decode($0, into: &samples) }
    }
}

/// Interleaved samples as a line delivers them.
public struct SampleFormat: Sendable, Equatable, Hashable, Codable, CustomStringConvertible {
    public var encoding: SampleEncoding
    /// In Hz.
    public var sampleRate: Int
    public var channelCount: Int

    public init(_ encoding: SampleEncoding, sampleRate: Int, channelCount: Int = 1) {
        self.encoding = encoding
        self.sampleRate = sampleRate
        self.channelCount = channelCount
    }

    public var bytesPerFrame: Int { encoding.byteCount * channelCount }

    public var description: String {
        "\(encoding.rawValue.uppercased()), \(channelCount) channel\(channelCount == 1 ? "" : "s"), \(sampleRate) Hz"
    }

    /// Appends the native bytes of one channel of interleaved frames.
    public func extract(channel: Int, of frames: UnsafeRawBufferPointer, into bytes: inout [UInt8]) {
        precondition(channel < channelCount, "the format has no such channel")
        let width = encoding.byteCount
        if channelCount == 1 {
            unsafe bytes.append(contentsOf: frames)
            return
        }
        var offset = channel * width
        while offset + width <= frames.count {
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: frames[offset..<offset + width]))
            offset += bytesPerFrame
        }
    }
}
