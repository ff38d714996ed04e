import Foundation
import Store
import Testing

@testable import Monitoring

@Suite("The configuration") struct ConfigurationTests {
    private func problems(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try Configuration(text: text, name: "c.toml")
            return []
        } catch { return error.problems }
    }

    @Test("All of it is read")
    func whole() throws {
        let configuration = try Configuration(
            text: """
                consent = "both were told"
                [listen]
                devices = ["pulse:a.monitor", "default"]
                labels = ["softphone", "microphone"]
                rate = 48000
                channels = 2
                format = "s32"
                screen = "both"
                paused = true
                keep-audio = true
                [calls]
                start-after-speech = 1
                end-after-silence = 12.5
                silence-below = -60
                [retention]
                call-days = 30
                audio-days = 2
                [disclosed]
                parties = ["bank-robot"]
                [[sink]]
                name = "log"
                type = "ndjson"
                path = "/tmp/events.ndjson"
                [[sink]]
                name = "desk"
                type = "command"
                command = ["/usr/bin/notify-desk", "--urgent"]
                events = ["alertRaised", "lineAway"]
                timeout = 3
                """, name: "c.toml")
        #expect(configuration.consent == "both were told" && configuration.listen.devices?.count == 2)
        #expect(configuration.listen.sampleRate == 48_000 && configuration.listen.channelCount == 2 && configuration.listen.encoding == .s32)
        #expect(configuration.listen.screensNearEnd == true && configuration.listen.waitsToBeTold == true && configuration.listen.keepsAudio == true)
        #expect(configuration.boundary.startAfterSpeechSeconds == 1 && configuration.boundary.endAfterSilenceSeconds == 12.5)
        #expect(configuration.boundary.silenceBelowDBFS == -60 && configuration.boundary.endAfterNoSpeechSeconds == 90)
        #expect(configuration.retention == Retention(callDays: 30, audioDays: 2) && configuration.disclosedParties == ["bank-robot"])
        #expect(
            configuration.sinks == [
                SinkSettings(name: "log", target: .file("/tmp/events.ndjson")),
                SinkSettings(
                    name: "desk", target: .command(["/usr/bin/notify-desk", "--urgent"]), events: ["alertRaised", "lineAway"], timeoutSeconds: 3),
            ])
    }

    @Test("An empty file is all defaults")
    func empty() throws { #expect(try Configuration(text: "", name: "c.toml") == Configuration()) }

    @Test("A syntax error is told with line and column")
    func syntax() {
        let found = problems("consent = \"x\"\n[listen]\nrate = = 3\n")
        #expect(found.count == 1 && found[0].hasPrefix("c.toml: line 3, column 8: "))
    }

    @Test("A table without a name is told, and ends nothing", arguments: ["[[[listen]", "[!x]", "  [[ =]]", "[", "[[ ", "[\r", "[\u{301}x]"])
    func unnamed(table: String) {
        #expect(problems("consent = \"yes\"\n\(table)\n") == ["c.toml: line 2: a table is named as in [listen] or [[sink]]"])
        #expect(problems("consent = \"yes\"\r\n\(table)\r\n") == ["c.toml: line 2: a table is named as in [listen] or [[sink]]"])
    }

    @Test(
        "A bracket or a comma without a value behind it is told, and ends nothing",
        arguments: [
            "a = [}", "a = [1,\t} ", "a = [ # }\n}", "a = [\u{2028}]", "a = [\"x\\\"\", }]", "a = [\"\"\"x}\"\"\"\", }", "a = ['\\', }",
            "a = \"[\nb = [}",
        ])
    func missing(text: String) {
        let found = problems("consent = \"yes\"\n\(text)\n")
        #expect(found.count == 1 && found[0].contains("a value is missing before"), "\(found)")
    }

    @Test("Brackets in texts and comments are nobody's", arguments: ["a = \"[}\"", "a = '[}'", "a = \"\"\"\n[}\"\"\" # [}", "a = {b = []}", "#[}"])
    func brackets(text: String) {
        #expect(!problems("consent = \"yes\"\n\(text)\n").contains { $0.contains("a value is missing") })
    }

    @Test("All value errors are told at once, each by its key path")
    func allAtOnce() {
        let found = problems(
            """
            consent = 3
            colour = "red"
            [listen]
            rate = 4000
            format = "u8"
            devices = []
            screen = "near"
            [calls]
            end-after-silence = -1
            start-within = 0.3
            [[sink]]
            type = "pager"
            events = ["alertRaised", "fire"]
            [[sink]]
            name = "a"
            type = "command"
            """)
        let paths = found.map { $0.split(separator: ": ")[1] }
        #expect(
            Set(paths) == [
                "consent", "colour", "listen.rate", "listen.format", "listen.devices", "listen.screen", "calls.end-after-silence",
                "calls.start-within",
                "sink[0].name", "sink[0].type", "sink[0].events", "sink[1].command",
            ])
        #expect(found.allSatisfy { !$0.contains("\n") })
    }

    @Test("Two sinks cannot share a name")
    func twins() {
        let sink = "[[sink]]\nname = \"a\"\ntype = \"ndjson\"\npath = \"-\"\n"
        #expect(problems(sink + sink).count == 1)
    }

    @Test("A file that is not there is one line")
    func missing() {
        #expect(throws: ConfigurationError.self) { _ = try Configuration(path: "/nonexistent/config.toml") }
    }

    @Test("A trunk is read with its consent, its limits and where it listens")
    func trunks() throws {
        let configuration = try Configuration(
            text: """
                [calls]
                most = 200
                [[trunk]]
                name = "pbx"
                type = "audiosocket"
                listen = "127.0.0.1:9092"
                consent = "callers are told by an announcement"
                screen = "both"
                connections = 40
                idle = 30
                longest-call = 2
                first-sound = 5
                """, name: "c.toml")
        let trunk = try #require(configuration.trunks.first)
        #expect(configuration.mostCalls == 200 && trunk.name == "pbx" && trunk.kind == .audiosocket && trunk.address.description == "127.0.0.1:9092")
        #expect(
            trunk.limits.connections == 40 && trunk.limits.idleSeconds == 30 && trunk.limits.callHours == 2 && trunk.limits.firstSoundSeconds == 5)
        #expect(configuration.trunkPolicies["pbx"] == TrunkPolicy(consent: "callers are told by an announcement", screensNearEnd: true))
    }

    @Test("A trunk without consent, without an address, or open to others without a word is refused by key path")
    func badTrunks() {
        let missing = problems("[[trunk]]\nname = \"a\"\ntype = \"audiosocket\"\n")
        #expect(missing.contains { $0.hasPrefix("c.toml: trunk[0].consent: ") } && missing.contains { $0.hasPrefix("c.toml: trunk[0].listen: ") })
        func open(_ more: String) -> [String] {
            problems("[[trunk]]\nname = \"a\"\ntype = \"audiosocket\"\nconsent = \"x\"\nlisten = \"0.0.0.0:1\"\n" + more)
        }
        #expect(open("").count == 1 && open("")[0].contains("unprotected") && open("unprotected = true").isEmpty)
        #expect(open("unprotected = true\nwings = 2").contains { $0.contains("trunk[0].wings: is no key") })
        #expect(
            problems("[[trunk]]\nname = \"a\"\ntype = \"telex\"\nconsent = \"x\"\nlisten = \"127.0.0.1:1\"").contains {
                $0.contains("must be one of audiosocket")
            })
    }

    @Test("WebSocket and RTP trunks: certificates, secrets, ports and payloads by key path")
    func otherTrunks() throws {
        let configuration = try Configuration(
            text: """
                [[trunk]]
                name = "cloud"
                type = "websocket"
                listen = "0.0.0.0:443"
                consent = "x"
                tls-certificate = "/c.pem"
                tls-key = "/k.pem"
                token-file = "/t"
                signature-file = "/s"
                raw = "s16le:16000:2"
                largest-message = 8192
                [[trunk]]
                name = "fork"
                type = "rtp"
                listen = "127.0.0.1:40000"
                consent = "x"
                legs = "ports"
                lines = 50
                payloads = ["96=L16/16000", "97=G722/8000"]
                reorder = 5
                """, name: "c.toml")
        let (cloud, fork) = (configuration.trunks[0], configuration.trunks[1])
        #expect(cloud.kind == .websocket && cloud.protection.isEncrypted && cloud.protection.tokens == "/t" && cloud.protection.signatureKeys == "/s")
        #expect(
            cloud.unsaid.sampleRate == 16_000 && cloud.unsaid.channelCount == 2 && cloud.limits.messageBytes == 8192 && cloud.limits.idleSeconds == 60
        )
        #expect(fork.rtp.legs == .ports && fork.rtp.lines == 50 && fork.rtp.payloads.keys.sorted() == [96, 97] && fork.rtp.reorderPackets == 5)
        #expect(fork.limits.idleSeconds == 10)
        func bad(_ type: String, _ more: String) -> [String] {
            problems("[[trunk]]\nname = \"a\"\ntype = \"\(type)\"\nconsent = \"x\"\nlisten = \"127.0.0.1:1\"\n" + more)
        }
        #expect(bad("rtp", "payloads = [\"96=opus/48000/2\"]").contains { $0.hasPrefix("c.toml: trunk[0].payloads: ") })
        #expect(bad("websocket", "raw = \"ulaw:8000:1\"").contains { $0.hasPrefix("c.toml: trunk[0].raw: ") })
        #expect(bad("audiosocket", "token-file = \"/t\"").contains { $0.contains("carries no token") })
        #expect(bad("websocket", "legs = \"three\"").contains { $0.hasPrefix("c.toml: trunk[0].legs: ") })
    }
}
