import Foundation
import Kernels
import Spectra
import Testing

@testable import Classifier

/// What PyTorch hears, hop by hop, in a signal that the project makes itself: written by Tools/training at export, from the very
/// weights that the package ships.
private let golden = try! resource("golden")

extension Ear {
    /// A hop, alone.
    func hear(_ samples: UnsafeBufferPointer<Float>, soundCount: Int, missing: Range<Int>?) -> Heard {
        listen(samples, soundCount: soundCount, missing: missing)
        batch.run(self)
        return heard
    }
}

private func hear(_ model: Model, _ samples: [Float], missing: (Int) -> Range<Int>? = { _ in nil }) -> [Heard] {
    let ear = Ear(model: model)
    let hops = (samples.count + model.samplesPerHop - 1) / model.samplesPerHop
    let filled = samples + [Float](repeating: 0, count: hops * model.samplesPerHop + model.samplesNeededPerHop - samples.count)
    return (0..<hops).map { hop in
        let start = hop * model.samplesPerHop
        return filled[start..<start + model.samplesNeededPerHop].withUnsafeBufferPointer {
            ear.hear($0, soundCount: samples.count - start, missing: missing(hop))
        }
    }
}

@Test("The log mel spectrum equals PyTorch's")
func logMelEqualsPyTorch() throws {
    let (samples, theirs) = (try golden.floats("samples"), try golden.floats("features"))
    guard case .encoding(let encoder) = try Model.bundled().network else { Issue.record("not a model of format 2"); return }
    let settings = encoder.frontEnd
    var frontEnd = LogMel(settings: settings)
    var mine: [Float] = []
    var features = [Float](repeating: 0, count: settings.featureCount)
    var quiet: [Bool] = []
    for hop in 0..<(samples.count - settings.samplesNeededPerHop) / settings.samplesPerHop + 1 {
        samples[hop * settings.samplesPerHop..<hop * settings.samplesPerHop + settings.samplesNeededPerHop].withUnsafeBufferPointer { samples in
            features.withUnsafeMutableBufferPointer { features in
                guard let block = frontEnd.process(samples, into: features).block else { return }
                quiet.append(block.isQuiet)
                mine += features
            }
        }
    }
    // The file has the first blocks' features only.
    #expect(theirs.count >= 20 * settings.featureCount && mine.count >= theirs.count)
    // The signal has blocks of digital silence and others.
    #expect(quiet.contains(true) && quiet.contains(false))
    // Two FFT libraries differ in the last bits; a band 70 dB below the loudest is a small difference of large numbers.
    let differences = zip(mine, theirs).map { abs($0 - $1) }
    #expect(differences.max()! < 0.02)
    #expect(differences.reduce(0, +) / Float(differences.count) < 1e-4)
}

@Test("Encoder, statistics and head equal PyTorch's")
func earEqualsPyTorch() throws {
    let mine = hear(try Model.bundled(), try golden.floats("samples"))
    let (speech, evidence) = (try golden.floats("speech"), try golden.floats("evidence"))
    #expect(mine.count == speech.count && mine.count >= 40)
    // Sums of 2,048 products in another order, through two blocks; an increment is a difference of up to eight scores times eight.
    for (mine, theirs) in zip(mine, speech) { #expect(abs(mine.speechProbability - theirs) < 2e-3) }
    for (mine, theirs) in zip(mine, evidence) { #expect(abs(mine.evidence - theirs) < 2e-2 * max(1, abs(theirs))) }
    #expect(mine.filter(\.isSpeech).count >= 16 && mine.contains { !$0.isSpeech })
}

@Test("The mean of the increments is the score of the window while it grows, and a hop that is not whole adds nothing")
func incrementsAddUp() throws {
    let (model, samples) = (try Model.bundled(), try golden.floats("samples"))
    let (all, scores) = (hear(try Model.bundled(), samples).filter(\.isSpeech), try golden.floats("score"))
    let first = all.prefix(8)
    let mean = first.reduce(0) { $0 + $1.evidence } / Float(first.count)
    #expect(abs(mean - scores[7]) < 2e-2 * max(1, abs(scores[7])))
    let torn = hear(try Model.bundled(), samples, missing: { $0 % 4 == 1 ? 0..<model.samplesPerHop : nil })
    for (hop, heard) in torn.enumerated() {
        let isTorn = hop % 4 == 1 || hop % 4 == 2 && heard.blockStart < 0
        if isTorn { #expect(!heard.isSpeech && heard.evidence == 0) }
    }
    // What is missing behind a block, or before it, does not touch it.
    let whole = hear(try Model.bundled(), samples)
    let edges = whole.map { max(0, $0.blockStart + model.samplesPerHop) }
    let touched = hear(try Model.bundled(), samples, missing: { edges[$0] < model.samplesPerHop ? edges[$0]..<edges[$0] + 1 : nil })
    for (hop, heard) in touched.enumerated().dropFirst() where heard.blockStart < 0 {
        let before = edges[hop - 1] < model.samplesPerHop ? edges[hop - 1] - model.samplesPerHop : Int.min
        #expect(heard.isSpeech == (whole[hop].isSpeech && before < heard.blockStart))
    }
    #expect(touched.contains { $0.isSpeech && $0.blockStart < 0 })
    #expect(torn.contains { $0.isSpeech })
}

@Test("Legs whose hops go through the network together are each heard as alone, to the bit")
func togetherAsAlone() throws {
    let (model, samples) = (try Model.bundled(), try golden.floats("samples"))
    // Legs that began at different times, so that their rings, windows and pauses stand elsewhere.
    let legs = [0, 3, 10, 17].map { Array(samples[$0 * 4111..<$0 * 4111 + 20 * model.samplesPerHop]) }
    let alone = legs.map { hear(model, $0) }
    #expect(Set(alone.map { $0.map(\.evidence) }).count == legs.count && alone.allSatisfy { $0.contains(where: \.isSpeech) })
    let batch = HopBatch(model: model)
    let ears = legs.map { _ in Ear(model: model, batch: batch) }
    var together = [[Heard]](repeating: [], count: legs.count)
    var most = 0
    for hop in 0..<20 {
        // In another order each time, and not always all of them.
        let order = (0..<legs.count).map { ($0 + hop) % legs.count }
        for leg in order {
            let start = hop * model.samplesPerHop
            let rest = Array((legs[leg] + [Float](repeating: 0, count: model.samplesNeededPerHop))[start..<start + model.samplesNeededPerHop])
            rest.withUnsafeBufferPointer { ears[leg].listen($0, soundCount: legs[leg].count - start, missing: nil) }
        }
        let first = order.prefix(1 + hop % legs.count), rest = order.dropFirst(1 + hop % legs.count)
        for group in [first, rest] {
            most = max(most, group.filter { ears[$0].isWaiting }.count)
            batch.run(group.map { ears[$0] })
        }
        for leg in order { together[leg].append(ears[leg].heard) }
    }
    #expect(most == legs.count && together == alone)
}

@Test("Behind a stretch without sound a leg is heard as from its start")
func passingOverBeginsAnew() throws {
    let model = try Model.bundled()
    let samples = try golden.floats("samples")
    let hop = { (n: Int) in Array(samples[n * model.samplesPerHop..<n * model.samplesPerHop + model.samplesNeededPerHop]) }
    let used = Ear(model: model)
    for n in 5..<12 { _ = hop(n).withUnsafeBufferPointer { used.hear($0, soundCount: .max, missing: 0..<1) } }
    let other = hop(20).withUnsafeBufferPointer { Ear(model: model).hear($0, soundCount: .max, missing: 0..<1) }
    let without = hop(20).withUnsafeBufferPointer { used.hear($0, soundCount: .max, missing: 0..<1) }
    used.passOver()
    let after = hop(20).withUnsafeBufferPointer { used.hear($0, soundCount: .max, missing: 0..<1) }
    #expect(after == other && without != other)
}

@Test("The shipped model keeps the budget of 2 GFLOP a second, 12 million parameters and 24 MB")
func budgetIsKept() throws {
    let model = try Model.bundled()
    #expect(model.operationsPerSecond <= 2_000_000_000)
    #expect(model.parameterCount <= 12_000_000)
    #expect(model.identity.count == 64)
    let file = try Data(contentsOf: Model.bundledURL)
    #expect(file.count <= 24_000_000)
}
