import Testing

@testable import Spectra

private let spoken = LogMelSettings(
    sampleRate: 16_000, frameSamples: 400, stepSamples: 160, framesPerHop: 40, bandCount: 80, depth: 8, fallPerHop: 0.04, leastTop: -5,
    quietBelowTop: 4, gateBelowTop: 2.2,
    onset: .init(softBelowPeak: 1.5, riseAbovePeak: 2, peakFallPerSecond: 0.1, leastPeak: -11, envelopeSamples: 80))

/// Noise of one level after another, the same each time.
private func noise(_ parts: [(count: Int, level: Float)]) -> [Float] {
    var state: UInt64 = 20_261_130
    return parts.flatMap { part in
        (0..<part.count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return part.level * (Float(state >> 40) / Float(1 << 23) - 1)
        }
    }
}

private func onsets(_ samples: [Float]) -> [Int] {
    var detector = OnsetDetector(spoken.onset!, samplesPerBlock: 6400, sampleRate: 16_000)
    return samples.indices.filter { detector.take(samples[$0]) }
}

/// The features of every block of a leg, and whether it began anew.
private func blocks(_ samples: [Float], _ settings: LogMelSettings = spoken) -> [(features: [Float], beginsAnew: Bool)] {
    var frontEnd = LogMel(settings: settings)
    var features = [Float](repeating: 0, count: settings.featureCount)
    let hops = (samples.count + settings.samplesPerHop - 1) / settings.samplesPerHop
    let filled = samples + [Float](repeating: 0, count: hops * settings.samplesPerHop + settings.samplesNeededPerHop - samples.count)
    return (0..<hops).compactMap { hop in
        let start = hop * settings.samplesPerHop
        let block = filled[start..<start + settings.samplesNeededPerHop].withUnsafeBufferPointer { needed in
            features.withUnsafeMutableBufferPointer { frontEnd.process(needed, soundCount: samples.count - start, into: $0).block }
        }
        return block.map { (features, $0.beginsAnew) }
    }
}

private let speech = noise([(9000, 0.1), (8000, 0.003), (20_000, 0.1), (3000, 0.003), (20_000, 0.1)])

@Test("Speech sets in after a pause of a block's length, not after a shorter one, and where it rises out of noise")
func speechSetsIn() {
    let found = onsets(speech)
    #expect((17_000..<17_100).contains(found.last!) && found.dropLast().allSatisfy { $0 < 100 })
    let risen = onsets(noise([(3000, 0.003), (9000, 0.5)]))
    #expect((3000..<3060).contains(risen.last!))
}

@Test("What is heard of a leg hangs on its speech, not on where the leg begins: to the bit", arguments: [1, 77, 160, 5000, 6400, 7777])
func shiftedLegsAreHeardAlike(shift: Int) {
    let whole = blocks(speech)
    #expect(whole.count > 7 && whole.contains { !$0.beginsAnew })
    // With silence in front; the frames before the first block are the same silence.
    let later = blocks([Float](repeating: 0, count: shift) + speech)
    #expect(later.map(\.features).suffix(whole.count) == whole.map(\.features)[...])
    // With its beginning cut off: the same from the first onset behind a pause on.
    let cut = blocks(Array(speech[shift...]))
    let last = whole.lastIndex { $0.beginsAnew }!
    #expect(last > 0 && cut.map(\.features).suffix(whole.count - last) == whole[last...].map(\.features)[...])
}

@Test("A model that names no onset is heard in its hops")
func withoutOnsetBlocksAreHops() {
    var plain = spoken
    plain.onset = nil
    #expect(blocks(speech, plain).count == speech.count / 6400)
    #expect(blocks(speech, plain).dropFirst().allSatisfy { !$0.beginsAnew })
    #expect(blocks(speech).count < blocks(speech, plain).count)
}

@Test("An onset of absurd numbers is refused")
func absurdOnsetsAreRefused() {
    #expect(spoken.fault == nil)
    for change: (inout LogMelSettings.Onset) -> Void in [
        { $0.softBelowPeak = 0 }, { $0.riseAbovePeak = .nan }, { $0.peakFallPerSecond = -1 }, { $0.leastPeak = 1 }, { $0.envelopeSamples = 0 },
    ] {
        var other = spoken
        change(&other.onset!)
        #expect(other.fault != nil)
    }
}
