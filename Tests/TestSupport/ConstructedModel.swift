import Classifier
import Foundation

/// A model file of one layer whose outputs are known, so that decisions can be tested whatever the shipped model hears. Every hop
/// has the given evidence, and is speech or not; in narrow band llr = evidence, in wide band evidence + `wideOffset`. With `rise`,
/// what newly appears at 2 kHz (bin 64) adds evidence until the running mean has taken it in. With `pauses`, a hop is no speech
/// where the sound has fallen by 1.25 nat below its running mean, over all bands.
public func constructedModelFile(
    evidence: Float, isSpeech: Bool = true, rise: Float = 0, pauses: Bool = false, wideOffset: Double = 0.5
) throws -> Data {
    let description = """
        {"calibration":{"narrowband":{"netSpeechSeconds":[1],"offset":[0],"scale":[1]},\
        "wideband":{"netSpeechSeconds":[1],"offset":[\(wideOffset)],"scale":[1]}},"format":"falsetto.model/1",\
        "frontEnd":{"absoluteFloor":1e-7,"binCount":256,"clampHigh":4,"clampLow":-5,"floorBelowPeak":3e-6,"frameSamples":512,\
        "framesPerHop":16,"gateBelowPeak":5,"hopSamples":200,"levelHighBin":109,"levelLowBin":10,"meanFrames":240,\
        "peakDecayPerFrame":0.0086,"sampleRate":16000,"scale":0.5},\
        "layers":[{"activation":"none","depthwise":false,"dilation":1,"flatten":true,"in":256,"kernel":[4,1],"name":"head",\
        "out":2,"padFrequency":0,"residual":false,"stride":[4,1]}],"name":"constructed"}
        """
    let weights = 4 * 256 * 2 * 4
    let header = try JSONSerialization.data(withJSONObject: [
        "__metadata__": ["falsetto": description],
        "head.weight": ["dtype": "F32", "shape": [4, 1, 256, 2], "data_offsets": [0, weights]] as [String: Any],
        "head.bias": ["dtype": "F32", "shape": [2], "data_offsets": [weights, weights + 8]] as [String: Any],
    ])
    var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header
    for index in 0..<4 * 256 * 2 {
        // The last axis is (evidence, speech). 1,024 features of half a nat each: the speech logit is 10 + 8 x mean fall in nat.
        let weight: Float = index % 2 == 1 ? (pauses ? 1.0 / 64 : 0) : index % 512 == 63 * 2 ? rise : 0
        withUnsafeBytes(of: weight.bitPattern.littleEndian) { file.append(contentsOf: $0) }
    }
    for bias in [evidence, isSpeech ? 10 : -10] { withUnsafeBytes(of: bias.bitPattern.littleEndian) { file.append(contentsOf: $0) } }
    return file
}

public func constructedModel(evidence: Float, isSpeech: Bool = true, rise: Float = 0, pauses: Bool = false) throws -> Model {
    let path = FileManager.default.temporaryDirectory.appending(path: "falsetto-model-\(UUID().uuidString)").path
    try constructedModelFile(evidence: evidence, isSpeech: isSpeech, rise: rise, pauses: pauses).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try Model(path: path)
}
