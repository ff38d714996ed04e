import Foundation
import Spectra
import Testing

let settings = FrontEndSettings(
    sampleRate: 16_000, frameSamples: 512, hopSamples: 200, framesPerHop: 16, binCount: 256, levelLowBin: 10,
    levelHighBin: 109, absoluteFloor: 1e-7, peakDecayPerFrame: 0.0086, floorBelowPeak: 3e-6, gateBelowPeak: 5,
    meanFrames: 240, clampLow: -5, clampHigh: 4, scale: 0.5)

/// Features of all complete hops of a signal.
private func features(of signal: [Float], with settings: FrontEndSettings = settings) -> [Float] {
    var frontEnd = FrontEnd(settings: settings)
    var result: [Float] = []
    var start = 0
    var hop = [Float](repeating: 0, count: settings.framesPerHop * settings.binCount)
    while start + settings.samplesNeededPerHop <= signal.count {
        _ = signal[start..<start + settings.samplesNeededPerHop].withUnsafeBufferPointer { samples in
            hop.withUnsafeMutableBufferPointer { frontEnd.process(samples, into: $0) }
        }
        result += hop
        start += settings.samplesPerHop
    }
    return result
}

/// A wobbling voice-like tone complex over noise.
private func signal(seconds: Double, gain: Float = 1, noise: Double = 0.001) -> [Float] {
    var generator = SystemLikeGenerator(state: 9)
    return (0..<Int(seconds * 16_000)).map { n in
        let t = Double(n) / 16_000
        let loud = 0.5 + 0.5 * sin(2 * .pi * 3 * t)
        let tones = (1...12).reduce(0.0) { $0 + sin(2 * .pi * 140 * Double($1) * t + Double($1)) / Double($1) }
        return gain * Float(0.2 * loud * tones + noise * generator.next())
    }
}

private struct SystemLikeGenerator {
    var state: UInt64
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int32(truncatingIfNeeded: state >> 32)) / Double(Int32.max)
    }
}

@Test("The level of the line is invisible to the network")
func levelIsInvisible() {
    let loud = features(of: signal(seconds: 3))
    let quiet = features(of: signal(seconds: 3, gain: 0.05))
    let largest = zip(loud, quiet).map { abs($0 - $1) }.max()!
    // Only the absolute floor of the level (1e-7 in power) is not relative: 26 dB move the features by next to nothing.
    #expect(largest < 0.01)
    #expect(loud.map(abs).max()! > 0.5)
}

@Test("A line filter fades from the features")
func lineFilterFades() {
    let plain = signal(seconds: 6, noise: 0.01)
    var filtered = plain
    for n in 1..<plain.count { filtered[n] = plain[n] - 0.7 * plain[n - 1] }
    let perSecond = 80 * settings.binCount
    let a = features(of: plain).suffix(perSecond), b = features(of: filtered).suffix(perSecond)
    let difference = zip(a, b).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) } / Double(perSecond)
    let size = a.reduce(0.0) { $0 + Double(abs($1)) } / Double(perSecond)
    #expect(difference < 0.15 * size)
}

@Test("Silence before the first word is forgotten where the settings ask for it")
func silenceIsForgotten() {
    var restarting = settings
    restarting.restartAbovePeak = 4
    let speech = signal(seconds: 3)
    let waited = [Float](repeating: 0, count: 5 * settings.samplesPerHop) + speech
    func distance(_ settings: FrontEndSettings) -> Float {
        let plain = features(of: speech, with: settings)
        let late = features(of: waited, with: settings).dropFirst(5 * settings.framesPerHop * settings.binCount)
        return zip(plain, late).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(plain.count)
    }
    // The frames that straddle the first word still hear some of the silence.
    #expect(distance(restarting) < 0.1)
    #expect(distance(settings) > 0.5)
}

@Test("Features stay within their clamp, digital silence and a full-scale square wave included")
func featuresStayWithinTheirClamp() {
    let square = (0..<32_000).map { Float($0 / 20 % 2 == 0 ? 1 : -1) }
    for signal in [square, [Float](repeating: 0, count: 32_000), signal(seconds: 1) + [Float](repeating: 0, count: 16_000)] {
        #expect(features(of: signal).allSatisfy { $0 >= -2.5 && $0 <= 2 })
    }
}

@Test("A narrow line has no upper band, a wide one has")
func upperBandTellsTheLinesApart() {
    func share(_ signal: [Float]) -> Double {
        var frontEnd = FrontEnd(settings: settings)
        var hop = [Float](repeating: 0, count: settings.framesPerHop * settings.binCount)
        return signal.prefix(settings.samplesNeededPerHop).withUnsafeBufferPointer { samples in
            hop.withUnsafeMutableBufferPointer { frontEnd.process(samples, into: $0).upperShare }
        }
    }
    let narrow = (0..<8000).map { Float(0.3 * sin(2 * .pi * 1000 * Double($0) / 16_000)) }
    let wide = (0..<8000).map { narrow[$0] + Float(0.05 * sin(2 * .pi * 5500 * Double($0) / 16_000)) }
    #expect(share(narrow) < 1e-6)
    #expect(share(wide) > 1e-3)
}

@Test("A power spectrum obeys Parseval and finds its tone")
func spectrumFindsItsTone() {
    var frontEnd = FrontEnd(settings: settings)
    let tone = (0..<settings.samplesNeededPerHop).map { Float(sin(2 * .pi * 2000 * Double($0) / 16_000)) }
    var hop = [Float](repeating: 0, count: settings.framesPerHop * settings.binCount)
    var bands = [Float](repeating: 0, count: 64)
    _ = tone.withUnsafeBufferPointer { samples in
        hop.withUnsafeMutableBufferPointer { hop in
            bands.withUnsafeMutableBufferPointer { frontEnd.process(samples, into: hop, overview: $0) }
        }
    }
    // 2000 Hz is bin 64; band b holds bins 4 b + 1 ... 4 b + 4. A full-scale sine has |X|^2 = (512 / 4)^2 in its bin, and a
    // quarter of that in each neighbour under a Hann window: (1 + 1/4) 16384 / 4 in band 15, 4096 / 4 in band 16.
    #expect(abs(bands[15] - 5120) < 5)
    #expect(abs(bands[16] - 1024) < 2)
    #expect(bands[30] < 1e-3)
}

@Test("Settings that cannot work are refused with a reason")
func faultsAreNamed() {
    #expect(settings.fault == nil)
    var broken = settings
    broken.frameSamples = 500
    #expect(broken.fault?.contains("power of two") == true)
    broken = settings
    broken.scale = .nan
    #expect(broken.fault?.contains("finite") == true)
    broken = settings
    broken.framesPerHop = 40
    #expect(broken.fault?.contains("250 ms") == true)
}
