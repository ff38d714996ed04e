import Alerting
import Audio
import Foundation
import Policies
import StandIns
import TestSupport

/// What is mutated: sound inputs of each door, made on the spot.
struct Seeds {
    /// Decoded in this process.
    var recordings: [[UInt8]] = []
    /// Decoded by ffmpeg, a child for each.
    var childRecordings: [[UInt8]] = []
    let models: [[UInt8]]
    let policies: [[UInt8]]
    let manifests: [[UInt8]]
    let scores: [[UInt8]]
    let configurations: [[UInt8]]
    let requests: [[UInt8]]

    /// - Parameter folder: for the recordings, which stay there for the next who asks; what sox and ffmpeg cannot write is left out.
    init(in folder: URL) throws {
        let voice = MadeVoice.samples(seconds: 1.2, rate: 8000).map { Int16($0 * 32_767) }
        let wave = folder.appending(path: "seed.wav")
        try waveFile([voice, voice.reversed()], rate: 8000).write(to: wave)
        let mono = folder.appending(path: "mono.wav")
        try waveFile([voice], rate: 8000).write(to: mono)
        recordings = try [wave, mono].map { [UInt8](try Data(contentsOf: $0)) }
        recordings.append(recordings[1] + recordings[1])

        func made(_ program: String, _ arguments: [String], _ name: String) -> [UInt8]? {
            let file = folder.appending(path: name)
            if let data = try? Data(contentsOf: file), !data.isEmpty { return [UInt8](data) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program] + arguments + [file.path]
            (process.standardOutput, process.standardError, process.standardInput) = (
                FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice
            )
            guard (try? process.run()) != nil else { return nil }
            process.waitUntilExit()
            guard process.terminationStatus == 0, let data = try? Data(contentsOf: file), !data.isEmpty else { return nil }
            return [UInt8](data)
        }
        for (name, options) in [
            ("u.wav", ["-e", "u-law"]), ("a.wav", ["-e", "a-law"]), ("f.wav", ["-e", "float", "-b", "32"]), ("g.wav", ["-e", "gsm-full-rate"]),
            ("i.wav", ["-e", "ima-adpcm"]), ("m.wav", ["-e", "ms-adpcm"]), ("24.wav", ["-b", "24"]), ("a.au", []), ("u.au", ["-e", "u-law"]),
            ("a.flac", []),
            ("a.w64", []), ("a.caf", []), ("a.aiff", []), ("a.voc", []), ("a.sph", []), ("a.ul", []), ("a.gsm", []), ("a.vox", ["-r", "8000"]),
        ] {
            if let bytes = made("sox", [mono.path] + options, name) { recordings.append(bytes) }
        }
        for (name, options) in [
            ("a.mp3", []), ("v.mp3", ["-q:a", "6", "-write_xing", "0"]), ("a.mp2", ["-ar", "16000"]), ("a.opus", ["-c:a", "libopus"]),
            ("a.ogg", ["-c:a", "libvorbis"]),
            ("a.amr", ["-c:a", "libopencore_amrnb"]), ("a.m4a", []), ("a.webm", ["-c:a", "libopus"]), ("a.aac", []), ("a.ac3", ["-ar", "32000"]),
            ("a.wma", []), ("a.mkv", ["-c:a", "pcm_s16le"]), ("a.wv", []), ("a.tta", []), ("a.ts", []), ("a.mov", []), ("a.flv", ["-ar", "11025"]),
        ] {
            if let bytes = made("ffmpeg", ["-nostdin", "-y", "-i", mono.path] + options, name) { childRecordings.append(bytes) }
        }

        models = [[UInt8](try constructedModelFile(evidence: 1)), [UInt8](try Data(contentsOf: formerModelURL))]
        let policy = try Policy.bundled()
        var scored = policy.withoutMeasurement
        scored.peopleScores = PeopleScores(
            netSpeechSeconds: policy.operatingPoints[0].minimumNetSpeechSeconds,
            bands: Bandwidth.allCases.map { .init(bandwidth: $0, edges: [-2.5, -1, 0.25], calls: [20, 30, 40, 10]) })
        policies = [policy, policy.withoutMeasurement, scored].map { Array($0.json().utf8) }
        manifests = [
            "path,label,source,speaker\na.wav,human,one,x\nb.wav,synthetic,two,y\n\"c,d.wav\",bonafide,\"th\"\"ree\",z\n",
            "a.wav\n# words\nb c.wav\n/absolute.wav\n", "\u{FEFF}path;label\r\na.wav;spoof\r\n",
            "path,label,leg,start,end,model\na.wav,human,left,0,2.5,\na.wav,synthetic,right,2.5,10,m.safetensors\n",
        ].map { Array($0.utf8) }
        scores = [
            "path,score,outcome\na.wav,1.5,human\nb.wav,-2e-3,synthetic\n", "LA_E_1 - bonafide 2.5\nLA_E_2 A07 spoof -1.25\nLA_E_3 A08 spoof 0\n",
            "filename\tcm-score\na\t0.5\nb\t-0.5\n", "a 0.25\nb -1\nc 3e2\n",
        ].map { Array($0.utf8) }
        configurations = [
            Array(
                """
                consent = "both parties are told"
                [listen]
                devices = ["mic", "hw:1,0"]
                labels = ["desk", "line"]
                screen = "both"
                rate = 16000
                format = "s16"
                keep-audio = true
                [calls]
                start-after-speech = 1.5
                end-after-silence = 10
                [retention]
                call-days = 30
                [disclosed]
                parties = ["bank"]
                [[sink]]
                name = "a"
                type = "ndjson"
                path = "/tmp/x"
                [[sink]]
                name = "b"
                type = "command"
                command = ["true", "x"]
                events = ["alertRaised"]
                timeout = 2.5

                """.utf8)
        ]
        requests = [#"{"request":"start","id":"desk-1","party":"bank"}"#, #"{"request":"status"}"#, #"{"request":"end"}"#].map {
            Array(($0 + "\n").utf8)
        }
    }
}
