import Testing

@testable import Classifier

/// The sums written out over all frames before, instead of carried from frame to frame.
private func direct(_ frames: [[Float]], gate: [Float], bias: Float, decay: Float) -> [[Double]] {
    let weights = frames.map { frame in
        1 / (1 + Double.exp(-(Double(bias) + zip(frame, gate).reduce(0) { $0 + Double($1.0) * Double($1.1) })))
    }
    return frames.indices.map { now in
        let shares = (0...now).map { weights[$0] * Double.pow(Double(decay), now - $0) }
        let total = shares.reduce(0, +) + 1e-3
        let means = gate.indices.map { channel in (0...now).reduce(0) { $0 + shares[$1] * Double(frames[$1][channel]) } / total }
        let squares = gate.indices.map { channel in
            (0...now).reduce(0) { $0 + shares[$1] * Double(frames[$1][channel]) * Double(frames[$1][channel]) } / total
        }
        return frames[now].map(Double.init) + means + zip(squares, means).map { (max($0 - $1 * $1, 0) + 1e-4).squareRoot() }
    }
}

extension Double {
    fileprivate static func exp(_ x: Double) -> Double { var s = 1.0, t = 1.0; for n in 1..<60 { t *= x / Double(n); s += t }; return s }
    fileprivate static func pow(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { p, _ in p * x } }
}

@Test("Running statistics carried from frame to frame equal the sums over all frames before")
func runningStatisticsEqualTheSums() {
    let frames: [[Float]] = (0..<90).map { t in (0..<3).map { c in Float((t * (c + 2)) % 7) / 2 - Float(c) } }
    let gate: [Float] = [0.5, -0.25, 1]
    let layer = RunningStatistics(channels: 3, decay: 0.9)
    var memory = [Float](repeating: 0, count: layer.memorySize)
    var output = [Float](repeating: 0, count: 9)
    for (frame, expected) in zip(frames, direct(frames, gate: gate, bias: 0.1, decay: 0.9)) {
        let weight = StatisticsLayer.weight(of: frame, channels: 3, gate: gate, bias: 0.1)
        layer.push(frame, weight: weight, memory: &memory, output: &output)
        // Single precision: seven digits, and a variance that is the difference of two larger numbers.
        for (mine, theirs) in zip(output, expected) { #expect(abs(Double(mine) - theirs) < 2e-4 * max(1, abs(theirs))) }
    }
    #expect(output[6] > 0.5)
}

@Test("Statistics of a window are those of its frames alone, however many came before")
func windowsDoNotDrift() {
    let (window, channels) = (7, 2)
    let statistics = KeptStatistics(channels: channels, window: window)
    /// What is heard after all of the frames from the first on: large and small numbers in turn, a gate that is nearly shut now and then.
    func after(first: Int, count: Int) -> [Float] {
        let state = Floats(statistics.stateFloats)
        var output = [Float](repeating: 0, count: 3 * channels)
        for index in first..<first + count {
            let frame = [Float(index % 11) * 300 - 1500, Float(index % 5) / 8]
            statistics.push(frame, weight: index % 3 == 0 ? 1e-3 : 0.7, index: index - first, state: state.start, output: &output)
        }
        return output
    }
    // The last frames are the same ones.
    let (long, short) = (after(first: 0, count: 100_000), after(first: 100_000 - window, count: window))
    #expect(long[2] != 0 && long[4] > 100)
    for (long, short) in zip(long, short) { #expect(abs(long - short) <= 1e-6 * max(1, abs(short))) }
    #expect(after(first: 0, count: 100_000 - 1) != long)
}
