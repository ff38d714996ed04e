import Alerting
import Audio
import Foundation
import Testing

@testable import Screening

/// A stereo or mono recording of 16-bit samples at 8 kHz, headerless, in a file that is gone with the value.
private final class RawRecording {
    let path: String

    init(_ channels: [[Float]]) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "falsetto-\(UUID().uuidString).sln").path
        var data = Data()
        for n in channels[0].indices {
            for channel in channels {
                withUnsafeBytes(of: Int16(max(-1, min(1, channel[n])) * 32_767).littleEndian) { data.append(contentsOf: $0) }
            }
        }
        try data.write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func screen(channels: Int, _ change: (inout RecordingScreening) -> Void = { _ in }) throws -> ScreenedRecording {
        var screening = RecordingScreening(model: model, policy: .provisional)
        screening.keepsTrack = true
        change(&screening)
        return try screening.screen(.path(path, raw: RawFormat(.s16le, sampleRate: 8000, channelCount: channels)))
    }
}

/// Every second sample: what a line of 8 kHz would carry, aliasing and all.
private func halved(_ samples: [Float]) -> [Float] { stride(from: 0, to: samples.count, by: 2).map { samples[$0] } }

@Test("A leg's result does not depend on what the other leg holds")
func legsAreApart() throws {
    let (a, b) = (halved(babble(seconds: 5)), halved(babble(seconds: 5, seed: 3)).map { $0 * 0.5 })
    let alone = try RawRecording([a]).screen(channels: 1)
    let both = try RawRecording([a, b]).screen(channels: 2)
    #expect(both.legs.map(\.name) == ["left", "right"] && alone.legs.map(\.name) == ["mono"])
    #expect(bits(both.legs[0].result) == bits(alone.legs[0].result))
    #expect(bits(both.legs[1].result) != bits(alone.legs[0].result))
}

@Test("Identical channels are one leg, and a warning says so")
func identicalChannels() throws {
    let a = halved(babble(seconds: 4))
    let result = try RawRecording([a, a]).screen(channels: 2)
    #expect(result.legs.map(\.name) == ["mono"] && result.warnings.contains { $0.contains("identical") })
}

@Test("A limit hears exactly that much")
func limit() throws {
    let recording = try RawRecording([halved(babble(seconds: 5))])
    #expect(try recording.screen(channels: 1) { $0.limitSeconds = 2.9 }.legs[0].result.durationSeconds == 2.9)
    #expect(try recording.screen(channels: 1) { $0.limitSeconds = 60 }.legs[0].result.durationSeconds == 5)
}

@Test("A leg is chosen by side or number and called as the user likes; a channel that is not there is an error")
func choices() throws {
    #expect(try LegChoice(parsing: "far=right") == LegChoice(channel: 1, name: "far"))
    #expect(try LegChoice(parsing: "LEFT") == LegChoice(channel: 0))
    #expect(try LegChoice(parsing: "3") == LegChoice(channel: 2))
    for text in ["0", "9", "up", "far=", ""] { #expect(throws: AudioError.self) { try LegChoice(parsing: text) } }
    let a = halved(babble(seconds: 1))
    let recording = try RawRecording([a, a.map { $0 / 2 }])
    #expect(try recording.screen(channels: 2) { $0.choices = [LegChoice(channel: 1, name: "far")] }.legs.map(\.name) == ["far"])
    #expect(throws: AudioError.self) { try recording.screen(channels: 2) { $0.choices = [LegChoice(channel: 4)] } }
}
