import TestSupport
import Testing

@testable import Audio

@Suite("Resampling")
struct ResamplerTests {
    static let rates = [8000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000, 8001]

    func resample(_ samples: [Float], from rate: Int, blocks: () -> Int) throws -> [Float] {
        var resampler = try Resampler(from: rate)
        var output: [Float] = []
        var start = 0
        while start < samples.count {
            let end = min(samples.count, start + max(1, blocks()))
            resampler.push(Array(samples[start..<end]), into: &output)
            start = end
        }
        resampler.finish(into: &output)
        return output
    }

    @Test("Blocks of 1, 160, 1000, all or at random give identical bits", arguments: rates)
    func blockSizes(rate: Int) throws {
        let samples = noise(30_000)
        let whole = try resample(samples, from: rate) { samples.count }.map(\.bitPattern)
        for size in [1, 160, 1000] {
            #expect(try resample(samples, from: rate) { size }.map(\.bitPattern) == whole)
        }
        var random = SeededGenerator()
        #expect(try resample(samples, from: rate) { Int.random(in: 1...3000, using: &random) }.map(\.bitPattern) == whole)
    }

    @Test("As many seconds come out as went in, to the sample", arguments: rates, [1, 159, 8000, 30_001])
    func length(rate: Int, count: Int) throws {
        let expected = Double(count) * 16_000 / Double(rate)
        let output = try resample(noise(count), from: rate) { 160 }
        #expect(abs(Double(output.count) - expected) <= 1)
    }

    @Test("A tone keeps its pitch, its level and its place", arguments: rates)
    func tonePreserved(rate: Int) throws {
        let output = try resample(tone(1000, seconds: 1, rate: rate), from: rate) { 160 }
        let expected = tone(1000, seconds: 1, rate: 16_000)
        // The ends feel the filter's edges; in between 20 bits of precision leave less than 1e-4 (-80 dB) of error.
        let worst = (2000..<14_000).map { abs(output[$0] - expected[$0]) }.max()!
        #expect(worst < 1e-4)
    }

    @Test("What lies above 8 kHz is gone rather than folded down")
    func antiAliasing() throws {
        let output = try resample(tone(11_000, seconds: 1, rate: 48_000), from: 48_000) { 1000 }
        #expect(output[2000..<14_000].map { abs($0) }.max()! < 1e-4)
    }

    @Test("16 kHz passes untouched and without delay")
    func passThrough() throws {
        let samples = noise(5000)
        var resampler = try Resampler(from: 16_000)
        var output: [Float] = []
        resampler.push(samples.span, into: &output)
        #expect(output == samples)
        #expect(resampler.delaySeconds == 0)
    }

    @Test("No more than 0.15 s is held back, of a telephone's 8 kHz no more than 0.055 s", arguments: rates)
    func delay(rate: Int) throws {
        var resampler = try Resampler(from: rate)
        var output: [Float] = []
        var largest = 0.0
        for block in 0..<200 {
            resampler.push(noise(160, seed: UInt64(block + 1)), into: &output)
            largest = max(largest, resampler.delaySeconds)
        }
        #expect(largest > 0 && largest <= (rate == 8000 ? 0.055 : 0.15), "\(largest)")
    }

    @Test("Rates outside the limits are refused", arguments: [0, 1, 7999, 192_001, 384_000])
    func limits(rate: Int) throws {
        #expect(throws: AudioError.self) { _ = try Resampler(from: rate) }
    }

    @Test("It says with which frame it gives more: not before it, and with it where its blocks are alike", arguments: rates)
    func rhythm(rate: Int) throws {
        var resampler = try Resampler(from: rate)
        var (output, random): ([Float], SeededGenerator) = ([], SeededGenerator())
        func push(_ count: Int) { resampler.push([Float](repeating: 0.1, count: count), into: &output) }
        var exact = 0
        for _ in 0..<60 {
            push(Int.random(in: 0...500, using: &random))
            let wanted = Int.random(in: 1...1500, using: &random), before = output.count
            let needed = resampler.framesNeeded(for: wanted)
            push(max(0, needed - 1))
            #expect(output.count < before + wanted || needed == 0)
            push(1)
            if output.count >= before + wanted { exact += 1 }
        }
        #expect(exact == 60 || [11_025, 22_050, 44_100, 8001].contains(rate), "\(exact)")
        #expect(exact >= 30)
        let done = try Resampler(from: 16_000)
        #expect(done.framesNeeded(for: 77) == 77 && done.framesNeeded(for: 0) == 0)
    }
}
