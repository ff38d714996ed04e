import Audio
import Foundation
import Testing

@testable import Capture

/// A `file` PCM that plays `bytes` once; each test has its own.
private struct Played {
    let folder: URL
    let configuration: String

    init(_ bytes: Data) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "falsetto-capture-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try bytes.write(to: folder.appending(path: "call.raw"))
        configuration = """
            pcm.mic { type file slave.pcm { type null } file "/dev/null" infile "\(folder.path)/call.raw" format raw }
            """
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}

private func bytes<T>(_ samples: [T]) -> Data { samples.withUnsafeBytes { Data($0) } }

@Suite("A PCM of ALSA") struct PCMTests {
    private func read(_ pcm: inout PCM, frames: Int) -> [UInt8] {
        var all: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 160 * pcm.format.bytesPerFrame)
        while all.count < frames * pcm.format.bytesPerFrame {
            #expect(pcm.wait(milliseconds: 200) == .ready)
            guard case .frames(let count) = block.withUnsafeMutableBytes({ pcm.read(into: $0) }) else { Issue.record("no frames"); break }
            all += block[..<(count * pcm.format.bytesPerFrame)]
        }
        return Array(all.prefix(frames * pcm.format.bytesPerFrame))
    }

    @Test(
        "S16, S32 and float come out sample for sample, whatever the rate and the channels",
        arguments: [(8_000, 1), (16_000, 2), (48_000, 8), (192_000, 1)])
    func nativeFormats(rate: Int, channels: Int) throws {
        let samples = (0..<4800 * channels).map { Int32(truncatingIfNeeded: $0 &* 747_796_405 &+ 12345) }
        let cases: [(SampleEncoding, Data)] = [
            (.s16, bytes(samples.map { Int16(truncatingIfNeeded: $0 >> 16) })), (.s32, bytes(samples)),
            (.float, bytes(samples.map { Float($0) / 2_147_483_648 })),
        ]
        for (encoding, data) in cases {
            let played = try Played(data)
            defer { played.remove() }
            var pcm = try PCM(
                device: "mic", request: FormatRequest(sampleRate: rate, channelCount: channels, encoding: encoding),
                configuration: played.configuration)
            #expect(pcm.format == SampleFormat(encoding, sampleRate: rate, channelCount: channels) && !pcm.isLive)
            #expect(Data(read(&pcm, frames: 4800)) == data)
        }
    }

    @Test("Without a wish it is S16, one channel, 16 kHz")
    func defaults() throws {
        let played = try Played(bytes([Int16](repeating: 1, count: 1600)))
        defer { played.remove() }
        let pcm = try PCM(device: "mic", configuration: played.configuration)
        #expect(pcm.format == SampleFormat(.s16, sampleRate: 16_000, channelCount: 1))
    }

    @Test("A device that cannot do 16 kHz is taken at its nearest higher rate, or its highest, with as few channels as it has")
    func negotiation() throws {
        func format(_ slave: String) throws -> SampleFormat {
            try PCM(device: "mic", configuration: "pcm.mic { type plug slave { pcm { type null } \(slave) } }").format
        }
        #expect(try format("rate 44100").sampleRate == 44_100)
        #expect(try format("rate 8000").sampleRate == 8_000)
        let four =
            """
            pcm.mic { type multi slaves.a { pcm { type null } channels 4 } \
            bindings { 0 { slave a channel 0 } 1 { slave a channel 1 } 2 { slave a channel 2 } 3 { slave a channel 3 } } }
            """
        #expect(try PCM(device: "mic", configuration: four).format.channelCount == 4)
    }

    @Test("A device that is not there is one clear line with libasound's own words")
    func missing() {
        do throws(CaptureError) {
            _ = try PCM(device: "nonsense")
            Issue.record("opened")
        } catch {
            #expect(error.kind == .noSuchDevice && error.device == "nonsense" && error.operation == "open")
            #expect(error.description.contains("Unknown PCM nonsense") && error.description.contains("falsetto devices"))
            #expect(!error.description.contains("\n"))
        }
    }

    @Test("Nothing is asked of a device that it cannot do in silence: the error says what was asked")
    func unsupported() throws {
        let configuration = "pcm.mic { type linear slave { pcm { type null } format S16_LE } }"
        do throws(CaptureError) {
            _ = try PCM(device: "mic", request: FormatRequest(encoding: .float), configuration: configuration)
            Issue.record("opened")
        } catch {
            #expect(error.kind == .unsupported && error.operation == "ask for the format float")
        }
    }

    @Test("A broken configuration is an error and no crash")
    func brokenConfiguration() {
        #expect(throws: CaptureError.self) { _ = try PCM(device: "mic", configuration: "pcm.mic { type") }
    }

    @Test("A device is asked what it can do without being started")
    func abilities() throws {
        let all = try CaptureAbilities(of: "mic", configuration: "pcm.mic { type null }")
        #expect(all.sampleRates.contains(16_000) && all.channelCounts.contains(1) && all.encodings == [.s16, .s32, .float])
        let linear = try CaptureAbilities(of: "mic", configuration: "pcm.mic { type linear slave { pcm { type null } format S16_LE } }")
        #expect(linear.encodings == [.s16, .s32])
    }

    @Test("The devices of this machine can be listed whatever it has")
    func devices() {
        for device in CaptureDevice.all() { #expect(!device.name.isEmpty && (device.abilities != nil) != (device.problem != nil)) }
    }
}

@Test("What pactl prints becomes devices: monitors of outputs, and sources")
func pulseSources() {
    let listing = """
        Source #0
        \tState: SUSPENDED
        \tName: call.monitor
        \tDescription: Monitor of Null Output
        \tDriver: module-null-sink.c
        \tSample Specification: s16le 1ch 16000Hz
        \tMonitor of Sink: call
        \tProperties:
        \t\tdevice.description = "Monitor of Null Output"

        Source #1
        \tName: alsa_input.usb-Phone_Adapter-00.mono
        \tDescription: Phone Adapter Mono
        \tSample Specification: s24le 2ch 48000Hz
        \tMonitor of Sink: n/a
        \tProperties:
        \t\tdevice.bus = "usb"
        """
    let devices = PulseSources.parse(listing)
    #expect(devices.map(\.name) == ["pulse:call.monitor", "pulse:alsa_input.usb-Phone_Adapter-00.mono"])
    #expect(devices.map(\.kind) == [.monitor, .source] && devices.map(\.isUSB) == [false, true])
    #expect(devices[0].abilities == CaptureAbilities(sampleRates: 16_000...16_000, channelCounts: 1...1, encodings: [.s16]))
    #expect(devices[1].abilities?.encodings == [] && devices[1].abilities?.sampleRates == 48_000...48_000)
    #expect(PulseSources.parse("") == [])
}
