import Foundation
import TestSupport
import Testing

@testable import Classifier

/// Falsetto-o, of format 1.
let formerFile = try! Data(contentsOf: formerModelURL)

/// A file with its JSON header changed and the data kept; falsetto-o, of format 1, unless another is named.
func altered(_ file: Data = formerFile, _ change: (inout [String: Any]) -> Void) throws -> Data {
    let length = Int(file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    var header = try #require(JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any])
    change(&header)
    let text = try JSONSerialization.data(withJSONObject: header)
    let size = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    return size + text + file.dropFirst(8 + length)
}

func altering(_ file: Data = formerFile, description change: (inout [String: Any]) -> Void) throws -> Data {
    try altered(file) { header in
        var metadata = header["__metadata__"] as! [String: String]
        var description = try! JSONSerialization.jsonObject(with: Data(metadata["falsetto"]!.utf8)) as! [String: Any]
        change(&description)
        metadata["falsetto"] = String(decoding: try! JSONSerialization.data(withJSONObject: description), as: UTF8.self)
        header["__metadata__"] = metadata
    }
}

/// Why a file is refused.
func failure(_ data: Data) -> String {
    do {
        _ = try Model(Safetensors(data: data, path: "m.safetensors"))
        return "loaded"
    } catch { return error.description }
}

@Test("An unchanged file loads, and its identity changes with every byte of a weight")
func identityFollowsTheWeights() throws {
    let model = try Model(Safetensors(data: formerFile, path: "m"))
    var changed = formerFile
    changed[changed.count - 3] ^= 1
    let other = try Model(Safetensors(data: changed, path: "m"))
    #expect(model.identity != other.identity)
}

@Test("A truncated file says so")
func truncatedFile() {
    #expect(failure(formerFile.prefix(5)).contains("no safetensors file"))
    #expect(failure(formerFile.prefix(1000)).contains("header of"))
    #expect(failure(formerFile.dropLast(100)).contains("outside"))
    #expect(failure(formerFile + [0]).contains("behind the last tensor"))
    #expect(failure(Data("RIFF....WAVE, not a model at all".utf8)).contains("header of"))
}

@Test("A missing tensor, a wrong shape and an unknown tensor are named, with both shapes")
func tensorFaults() throws {
    let renamed = try altered { $0["odd"] = $0.removeValue(forKey: "head.bias") }
    #expect(failure(renamed).contains("head.bias: is missing"))
    let reshaped = try altered { header in
        var entry = header["head.weight"] as! [String: Any]
        entry["shape"] = (entry["shape"] as! [Int]).reversed() as [Int]
        header["head.weight"] = entry
    }
    #expect(failure(reshaped).contains("tensor head.weight has shape"))
    #expect(failure(reshaped).contains("asks for [1, 1,"))
    let half = try altered { header in
        var entry = header["head.weight"] as! [String: Any]
        entry["dtype"] = "F16"
        header["head.weight"] = entry
    }
    #expect(failure(half).contains("type F16"))
    #expect(failure(try altered { $0["a"] = 5 }).contains("tensor a: header entry lacks"))
}

@Test("A weight that is not a number is named by tensor and element")
func notANumber() throws {
    var poisoned = formerFile
    let nan = withUnsafeBytes(of: Float.nan.bitPattern.littleEndian) { Data($0) }
    poisoned.replaceSubrange(poisoned.count - 4..<poisoned.count, with: nan)
    #expect(failure(poisoned).contains("must be finite"))
}

@Test("A description that does not fit its layers, or is from another time, is refused")
func descriptionFaults() throws {
    #expect(failure(try altered { $0["__metadata__"] = [String: String]() }).contains("no `falsetto` entry"))
    #expect(failure(try altering(description: { $0["format"] = "falsetto.model/9" })).contains("falsetto.model/9"))
    #expect(failure(try altering(description: { $0["layers"] = [Any]() })).contains("layers end in"))
    #expect(failure(try altering(description: { $0.removeValue(forKey: "name") })).contains("name is missing"))
    let frontEnd = try altering(description: { description in
        var settings = description["frontEnd"] as! [String: Any]
        settings["frameSamples"] = 500
        description["frontEnd"] = settings
    })
    #expect(failure(frontEnd).contains("power of two"))
    let narrow = try altering(description: { description in
        var settings = description["frontEnd"] as! [String: Any]
        settings["binCount"] = 120
        description["frontEnd"] = settings
    })
    #expect(failure(narrow).contains("do not reach 7 kHz"))
    let huge = try altering(description: { description in
        var settings = description["frontEnd"] as! [String: Any]
        settings["framesPerHop"] = Int.max
        description["frontEnd"] = settings
    })
    #expect(failure(huge).contains("250 ms"))
    let long = try altering(description: { description in
        var layers = description["layers"] as! [[String: Any]]
        layers[0]["dilation"] = 4096
        description["layers"] = layers
    })
    #expect(failure(long).contains("would remember"))
    let turned = try altering(description: { description in
        var calibration = description["calibration"] as! [String: Any]
        calibration["narrowband"] = ["netSpeechSeconds": [1.0], "scale": [-1.0], "offset": [0.0]]
        description["calibration"] = calibration
    })
    #expect(failure(turned).contains("narrowband calibration a scale is not positive"))
}

@Test("Calibration is affine at its knots, linear in log time between and constant outside")
func calibrationInterpolates() {
    let curve = Calibration.Curve(netSpeechSeconds: [1, 4], scale: [1, 3], offset: [0, -1])
    #expect(curve.llr(mean: 2, netSpeechSeconds: 0.2) == 2)
    #expect(curve.llr(mean: 2, netSpeechSeconds: 1) == 2)
    #expect(abs(curve.llr(mean: 2, netSpeechSeconds: 2) - 3.5) < 1e-12)
    #expect(curve.llr(mean: 2, netSpeechSeconds: 4) == 5)
    #expect(curve.llr(mean: 2, netSpeechSeconds: 400) == 5)
}

@Test("A bound limits the ratio and keeps the order")
func calibrationIsBounded() {
    let curve = Calibration.Curve(netSpeechSeconds: [1], scale: [2], offset: [0], bound: 3)
    let llrs = [-50.0, -2, -0.01, 0, 0.01, 2, 4].map { curve.llr(mean: $0, netSpeechSeconds: 5) }
    #expect(zip(llrs.dropFirst(), llrs.dropFirst(2)).allSatisfy(<) && llrs[0] == -3)
    #expect(llrs.allSatisfy { abs($0) <= 3 } && abs(llrs[4] - 0.02) < 1e-5)
}
