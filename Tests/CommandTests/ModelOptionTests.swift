import Foundation
import Testing

@Suite("falsetto analyze --model") struct ModelOptionTests {
    @Test("A model that is missing, cut short or altered is refused with 78 and one line")
    func faultyModels() throws {
        let scratch = try Scratch()
        let call = try scratch.write(wav([silence(seconds: 1)]), "call.wav")
        let shipped = try Data(
            contentsOf: Program.url.deletingLastPathComponent()
                .appending(path: "falsetto_Classifier.resources/falsetto-model.safetensors"))
        var poisoned = shipped
        poisoned.replaceSubrange(poisoned.count - 4..<poisoned.count, with: [0, 0, 0xc0, 0x7f])
        let files = [
            ("none.safetensors", nil, "cannot be read"), ("cut.safetensors", shipped.dropLast(1000), "outside"),
            ("nan.safetensors", poisoned, "must be finite"), ("text.safetensors", Data("hello".utf8), "no safetensors"),
        ]
        for (name, data, words) in files {
            if let data { try scratch.write(data, name) }
            let run = try Program.run(["analyze", "--model", scratch.path(name), call])
            #expect(run.code == 78 && run.output.isEmpty)
            #expect(run.complaint.contains(words) && run.complaint.split(separator: "\n").count == 1)
        }
        try scratch.write(shipped, "same.safetensors")
        #expect(try Program.run(["analyze", "--model", scratch.path("same.safetensors"), call]).code == 2)
    }
}
