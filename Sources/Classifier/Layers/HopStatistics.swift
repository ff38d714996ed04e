/// What the pooled outputs of one hop come to, and the sums over the last hops with speech.
///
/// Of every channel over the frames t of a hop: the mean, the mean square, and the mean square of the step from frame to frame. They
/// add up, so a window of several hops is pooled from what is kept of each, and the encoder runs once.
@safe struct HopStatistics: ~Copyable {
    let channelCount: Int
    private let windowHops: Int
    /// Three numbers a channel: [channelCount] means, mean squares, mean square steps; of the hop being heard.
    let current: UnsafeMutablePointer<Float>
    /// The last hops with speech, a ring of `windowHops` of those.
    private let ring: UnsafeMutablePointer<Float>
    private(set) var count = 0

    init(channelCount: Int, windowHops: Int) {
        self.channelCount = channelCount
        self.windowHops = windowHops
        unsafe current = .allocate(capacity: 3 * channelCount)
        unsafe current.initialize(repeating: 0, count: 3 * channelCount)
        unsafe ring = .allocate(capacity: 3 * channelCount * windowHops)
        unsafe ring.initialize(repeating: 0, count: 3 * channelCount * windowHops)
    }

    deinit {
        unsafe current.deallocate()
        unsafe ring.deallocate()
    }

    /// Takes one output of a hop as channels `first`, `first` + 1 and so on.
    /// - Parameters:
    ///   - frames: [frameCount][width].
    ///   - offsets: [frameCount][width], taken off before anything is computed; nil for none.
    func take(
        _ frames: UnsafePointer<Float>, less offsets: UnsafePointer<Float>?, frameCount: Int, width: Int, asChannelsFrom first: Int
    ) {
        let (means, squares, steps) = unsafe (current + first, current + channelCount + first, current + 2 * channelCount + first)
        for channel in 0..<width {
            var (sum, square, step, last): (Float, Float, Float, Float) = (0, 0, 0, 0)
            for frame in 0..<frameCount {
                var value = unsafe frames[frame * width + channel]
                if let offsets = unsafe offsets { unsafe value -= offsets[frame * width + channel] }
                sum += value
                square += value * value
                if frame > 0 { step += (value - last) * (value - last) }
                last = value
            }
            unsafe means[channel] = sum / Float(frameCount)
            unsafe squares[channel] = square / Float(frameCount)
            unsafe steps[channel] = step / Float(frameCount - 1)
        }
    }

    /// The hop being heard held speech: it enters the window.
    mutating func keep() {
        unsafe (ring + count % windowHops * 3 * channelCount).update(from: current, count: 3 * channelCount)
        count += 1
    }

    /// Mean, deviation and root mean square step of each channel, of the hop being heard or of the window.
    /// - Parameter result: room for [3][channelCount].
    func pool(window: Bool, into result: UnsafeMutablePointer<Float>) {
        let hops = window ? min(count, windowHops) : 1
        let source = unsafe window ? ring : current
        for index in 0..<3 * channelCount {
            var sum: Float = 0
            for hop in 0..<hops { unsafe sum += source[hop * 3 * channelCount + index] }
            unsafe result[index] = sum / Float(hops)
        }
        for channel in 0..<channelCount {
            let (mean, square, step) = unsafe (result[channel], result[channelCount + channel], result[2 * channelCount + channel])
            unsafe result[channelCount + channel] = max(square - mean * mean, 0).squareRoot()
            unsafe result[2 * channelCount + channel] = step.squareRoot()
        }
    }
}
