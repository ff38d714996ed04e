import Alerting
import Audio
import Calls
import Classifier
import Foundation
import Ingest
import NIOEmbedded
import Reporting
import Screening
import StandIns
import Store
import Synchronization
import TestSupport
import Testing

@testable import Monitoring

/// A daemon that listens for AudioSocket on a port of this machine, with a store of its own.
private final class Exchange: Sendable {
    let store: Store
    let key: AudioKey
    let hub: IngestHub
    let server: IngestServer
    private let storing: StoringThread
    private let screening: ScreeningSetup

    init(consents: Bool = true, mostCalls: Int = 1000, screening: ScreeningSetup = setup(), _ limit: (inout IngestLimits) -> Void = { _ in }) throws {
        self.screening = screening
        store = try Store(StateFolder(path: NSTemporaryDirectory() + "falsetto-ingest-\(UUID().uuidString)"), for: .daemon)
        key = try AudioKey(makingAt: store.folder.audioKey)
        let queue = BoundedQueue<MonitorItem>(capacity: 100_000)
        storing = StoringThread(store: store, queue: queue, key: key, retention: Retention(), sinks: SinkBoard([]), say: { _ in })
        var options = MonitorOptions(consent: "none")
        options.keepsAudio = true
        let log = box
        hub = IngestHub(
            settings: .init(
                policies: consents ? ["pbx": TrunkPolicy(consent: "callers are told", screensNearEnd: true)] : [:], options: options,
                screening: screening, mostCalls: mostCalls),
            names: try CallNames(makingAt: store.folder.callNamesKey), clock: { Date(timeIntervalSince1970: 1_800_000_000) }
        ) { item in
            queue.put(item, mayBeDropped: false)
            if let event = item.event { log.events.withLock { $0.append(event) } }
        }
        var trunk = Trunk(name: "pbx", kind: .audiosocket, address: ListenAddress("127.0.0.1:0")!)
        limit(&trunk.limits)
        server = try IngestServer([trunk], taker: hub, threads: 2) { words in log.complaints.withLock { $0.append(words) } }
    }

    private final class LogBox: Sendable {
        let events = Mutex<[CallEvent]>([])
        let complaints = Mutex<[String]>([])
    }

    private let box = LogBox()
    var events: [CallEvent] { box.events.withLock { $0 } }
    var complaints: [String] { box.complaints.withLock { $0 } }
    var port: Int { server.ports[0] }
    var hopCount: Int { events.count { if case .hop = $0.kind { true } else { false } } }
    func reasons() -> [String] { events.compactMap { if case .callEnded(let reason, _, _) = $0.kind { reason.rawValue } else { nil } } }

    /// Ends it as the program does; what is then stored.
    func finish() throws -> [StoredCall] {
        server.stop()
        storing.stop()
        return try store.calls()
    }

    /// Whether the call that is stored is, heard again, the same to the byte.
    func replays(_ call: StoredCall, _ way: CallReplay.Way? = nil) throws -> Bool {
        try CallReplay(store: store, model: screening.model, build: "0.0.0").run(call.id, way ?? .audio(key)).judgement == .same
    }

    deinit { try? FileManager.default.removeItem(atPath: store.folder.path) }
}

@Suite("Calls of a telephone system") struct IngestTests {
    @Test("A call by a socket is stored under its consent, alerts, and replays to the byte; a recording of it gives the same bytes")
    func whole() throws {
        let exchange = try Exchange()
        let sound = [Int16](repeating: 0, count: 8000) + MadeVoice.samples16(seconds: 8, rate: 8000)
        let caller = try AudioSocketCaller(port: exchange.port)
        caller.begin()
        caller.speak(sound, kind: 0x10, piece: 160)
        caller.say(3, [0x35])
        caller.hangUp()
        let calls = try exchange.finish()
        let call = try #require(calls.first)
        #expect(calls.count == 1 && call.state == .ended && call.consent == "callers are told" && call.device == "pbx")
        #expect(call.alertCount > 0 && call.legs.map(\.name) == ["far"] && call.legs[0].sampleCount == 2 * sound.count)
        #expect(exchange.reasons() == ["hungUp"] && exchange.complaints.isEmpty)
        #expect(try exchange.replays(call) && exchange.replays(call, .track))
        let path = exchange.store.folder.path + "/call.raw"
        try sound.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
        #expect(try exchange.replays(call, .recording(.path(path, raw: RawFormat(.s16le, sampleRate: 8000)), legs: [])))
    }

    /// Their hops go through the network together; a replay's go alone.
    @Test("Calls that are heard together replay to the byte, each alone, whenever they began and whatever their packets")
    func together() throws {
        let exchange = try Exchange(screening: setup(anyVoice, Model.bundled()))
        let callers = try (0..<7).map { _ in try AudioSocketCaller(port: exchange.port) }
        let sounds = (0..<7).map { call in
            [Int16](repeating: 0, count: 1111 * call)
                + MadeVoice.samples16(seconds: 4 + 0.3 * Double(call), rate: 8000, pitch: 90 + 20 * Double(call))
        }
        for (call, caller) in callers.enumerated() { caller.begin(UInt8(call + 1)) }
        // All of them a piece, and again, so that they are read in the same turns.
        for start in stride(from: 0, to: sounds.map(\.count).max()!, by: 1600) {
            for (call, caller) in callers.enumerated() where start < sounds[call].count {
                caller.speak(Array(sounds[call][start..<min(start + 1600, sounds[call].count)]), kind: 0x10, piece: 80 + 40 * call)
            }
        }
        for caller in callers { caller.hangUp() }
        let calls = try exchange.finish()
        #expect(calls.count == 7 && calls.allSatisfy { $0.state == .ended && $0.alertCount > 0 })
        #expect(calls.map(\.legs[0].sampleCount).sorted() == sounds.map { 2 * $0.count })
        for call in calls { #expect(try exchange.replays(call) && exchange.replays(call, .track)) }
    }

    @Test("Two legs, lost and unsent sound, and a change of rate replay to the byte, marks included; hops that wait for company too")
    func gaps() throws {
        let loop = EmbeddedEventLoop()
        let marks = try [nil, LoopTurn(loop)].map { try gaps($0, loop) }
        #expect(marks[0] == marks[1])
        // What is said, in its order: of a gap, or of a disclosure, behind a hop that waits; and of the end of the call behind both.
        for disclosed in [false, true] {
            let said = try [nil, LoopTurn(loop)].map { turn in
                let exchange = try Exchange(screening: setup(anyVoice, Model.bundled()))
                let feed = try exchange.hub.begin(
                    CallOffer(trunk: "pbx", outsideID: "a", legs: [OfferedLeg(name: "far", sampleRate: 8000, isOnlyChannel: true)]), turn: turn)
                let voice = MadeVoice.samples16(seconds: 3.1, rate: 8000).withUnsafeBytes { Array($0) }
                try feed.sound(voice, leg: 0, sampleRate: 8000)
                if disclosed {
                    _ = exchange.hub.disclose(nil)
                    try feed.sound([0, 0], leg: 0, sampleRate: 8000)
                }
                try feed.missing(frames: 1600, leg: 0, sampleRate: 8000, .lost)
                feed.end(.hungUp)
                let call = try #require(try exchange.finish().first)
                #expect(try exchange.replays(call) && exchange.replays(call, .track))
                return exchange.events.map { "\($0.kind)" }
            }
            #expect(said[0] == said[1] && said[0].count > 8)
        }
    }

    @Test("Calls of more legs than go through at a time, and of two models, are heard in the same turn, each by its own")
    func company() throws {
        let loop = EmbeddedEventLoop()
        let turn = LoopTurn(loop)
        let exchange = try Exchange(screening: setup(anyVoice, Model.bundled()))
        let voice = MadeVoice.samples16(seconds: 3.2, rate: 8000).withUnsafeBytes { Array($0) }
        var feeds: [(feed: any CallFeed, legs: Int)] = []
        for call in 0..<6 {
            // Another model, as after a reload with another file; that its weights are the same is no matter.
            if call == 3 {
                let other = setup(anyVoice, try Model.bundled())
                exchange.hub.change { $0.screening = other }
            }
            let names = call % 2 == 0 ? ["far", "near"] : ["far"]
            let legs = names.map { OfferedLeg(name: $0, sampleRate: 8000, isOnlyChannel: false) }
            feeds.append((try exchange.hub.begin(CallOffer(trunk: "pbx", outsideID: "\(call)", legs: legs), turn: turn), names.count))
        }
        for piece in stride(from: 0, to: voice.count, by: 6400) {
            let hops = exchange.hopCount
            for (feed, legs) in feeds {
                for leg in 0..<legs { try feed.sound(Array(voice[piece..<piece + 6400]), leg: leg, sampleRate: 8000) }
            }
            let before = exchange.hopCount
            loop.run()
            // Its first hop is whole with the second piece: the resampler keeps some of the first.
            #expect(before == hops && exchange.hopCount == hops + (piece == 0 ? 0 : 9))
        }
        // One ends while its hop waits.
        try feeds[0].feed.sound(Array(voice[..<6400]), leg: 0, sampleRate: 8000)
        for (feed, _) in feeds { feed.end(.hungUp) }
        loop.run()
        let calls = try exchange.finish()
        #expect(calls.count == 6)
        for call in calls { #expect(try exchange.replays(call)) }
    }

    @Test("A reload of the same model keeps the one that calls share, and of another takes the other")
    func reloading() throws {
        let held = setup(anyVoice, try formerModel())
        var again = setup(anyVoice, try formerModel())
        again.operatingPoint.name = "another"
        #expect(again.model !== held.model)
        let kept = again.onModel(of: held)
        #expect(kept.model === held.model && kept.operatingPoint == again.operatingPoint && kept.provenance == again.provenance)
        let other = setup(anyVoice, try constructedModel(evidence: 1))
        #expect(other.onModel(of: held).model === other.model)
    }

    private func gaps(_ turn: LoopTurn?, _ loop: EmbeddedEventLoop) throws -> [Mark] {
        let exchange = try Exchange(screening: setup(anyVoice, Model.bundled()))
        func bytes(_ samples: [Int16]) -> [UInt8] { samples.withUnsafeBytes { Array($0) } }
        let feed = try exchange.hub.begin(
            CallOffer(
                trunk: "pbx", outsideID: "a",
                legs: ["far", "near"].map { OfferedLeg(name: $0, sampleRate: 8000, isOnlyChannel: false) }), turn: turn)
        let voice = MadeVoice.samples16(seconds: 3, rate: 8000)
        try feed.sound(bytes(voice), leg: 0, sampleRate: 8000)
        try feed.sound(bytes(voice), leg: 1, sampleRate: 8000)
        // The last hop of each leg waits for the end of the turn; the next must come before the gap behind it.
        let hops = exchange.hopCount
        loop.run()
        #expect(exchange.hopCount == hops + (turn == nil ? 0 : 2))
        try feed.sound(bytes(Array(voice[..<4400])), leg: 0, sampleRate: 8000)
        #expect(exchange.hopCount == hops + (turn == nil ? 1 : 2))
        try feed.missing(frames: 160, leg: 0, sampleRate: 8000, .lost)
        try feed.missing(frames: 320, leg: 0, sampleRate: 8000, .lost)
        try feed.sound(bytes(voice), leg: 0, sampleRate: 8000)
        try feed.missing(frames: 1600, leg: 1, sampleRate: 8000, .notSent)
        try feed.sound(bytes(MadeVoice.samples16(seconds: 3)), leg: 0, sampleRate: 16_000)
        feed.end(.connectionLost)
        let call = try #require(try exchange.finish().first)
        let legs = try exchange.store.legs(of: call.id)
        #expect(legs.map(\.leg.name) == ["far", "near"])
        #expect(legs[0].marks.map(\.kind) == [.dropped, .reopened] && legs[1].marks.map(\.kind) == [.noData])
        #expect(legs[0].marks[0].startSample == 56_800 && legs[0].marks[0].sampleCount == 960 && legs[0].marks[0].frameCount == 480)
        #expect(try exchange.replays(call) && exchange.reasons() == ["connectionLost"])
        return legs.flatMap(\.marks)
    }

    @Test("A hostile peer costs its own connection only: the call beside it is whole")
    func hostile() throws {
        let exchange = try Exchange()
        let caller = try AudioSocketCaller(port: exchange.port)
        let sound = MadeVoice.samples16(seconds: 4)
        caller.begin()
        caller.speak(Array(sound[..<32_000]))
        let web = try AudioSocketCaller(port: exchange.port)
        web.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(web.sawClose())
        let half = try AudioSocketCaller(port: exchange.port)
        half.begin(8)
        half.speak(sound)
        half.say(0x10, [1, 2, 3])
        #expect(half.sawClose())
        caller.speak(Array(sound[32_000...]))
        caller.hangUp()
        let calls = try exchange.finish()
        #expect(calls.count == 2 && calls.allSatisfy { $0.state == .ended && $0.legs[0].sampleCount == sound.count })
        #expect(try calls.allSatisfy { try exchange.replays($0) })
        #expect(Set(exchange.reasons()) == ["malformed", "hungUp"])
        // Said without what it sent.
        #expect(exchange.complaints.allSatisfy { $0.hasPrefix("trunk pbx: AudioSocket: ") && !$0.contains("GET") } && !exchange.complaints.isEmpty)
    }

    @Test("Who says nothing, or stops in a call, is let go")
    func stuck() throws {
        let exchange = try Exchange {
            $0.firstSoundSeconds = 0.3
            $0.idleSeconds = 0.6
        }
        let silent = try AudioSocketCaller(port: exchange.port)
        let stopped = try AudioSocketCaller(port: exchange.port)
        stopped.begin()
        stopped.speak(MadeVoice.samples16(seconds: 1))
        // In the middle of a message.
        stopped.send([0x12, 1, 0, 5])
        #expect(silent.sawClose() && stopped.sawClose())
        #expect(try exchange.finish().map(\.state) == [.ended] && exchange.reasons() == ["idle"])
    }

    @Test("Connections over the limit are closed at once; when one leaves, another is let in")
    func connections() throws {
        let exchange = try Exchange { $0.connections = 2 }
        let (first, second) = (try AudioSocketCaller(port: exchange.port), try AudioSocketCaller(port: exchange.port))
        // Both are let in once their calls are heard.
        for caller in [first, second] {
            caller.begin()
            caller.speak(MadeVoice.samples16(seconds: 1))
        }
        while exchange.hub.count < 2 {}
        #expect(try AudioSocketCaller(port: exchange.port).sawClose())
        first.hangUp()
        var third: AudioSocketCaller
        repeat {
            third = try AudioSocketCaller(port: exchange.port)
            third.begin()
            third.speak(MadeVoice.samples16(seconds: 1))
            third.say(0)
        } while third.sawClose() && exchange.reasons().count < 2
        second.hangUp()
        #expect(try exchange.finish().count == 3 && exchange.complaints.contains { $0.contains("more than 2 connections") })
    }

    @Test("Many callers at a time, none of whom loses a sample")
    func many() throws {
        let exchange = try Exchange()
        let sound = MadeVoice.samples16(seconds: 2)
        let callers = try (0..<30).map { index in
            let caller = try AudioSocketCaller(port: exchange.port)
            caller.begin(UInt8(index))
            return caller
        }
        for start in stride(from: 0, to: sound.count, by: 3200) {
            for caller in callers { caller.speak(Array(sound[start..<min(start + 3200, sound.count)])) }
        }
        for caller in callers { caller.hangUp() }
        let calls = try exchange.finish()
        #expect(calls.count == 30 && calls.allSatisfy { $0.state == .ended && $0.legs[0].sampleCount == sound.count })
        #expect(try exchange.replays(calls[0]) && exchange.hub.count == 0)
    }

    @Test("Without a consent basis nothing is heard, and over the limit of calls neither")
    func refused() throws {
        let deaf = try Exchange(consents: false)
        let caller = try AudioSocketCaller(port: deaf.port)
        caller.begin()
        caller.speak(MadeVoice.samples16(seconds: 1))
        #expect(try caller.sawClose() && deaf.finish().isEmpty && deaf.events.isEmpty && deaf.complaints.contains { $0.contains("consent") })

        let small = try Exchange(mostCalls: 1)
        let (one, other) = (try AudioSocketCaller(port: small.port), try AudioSocketCaller(port: small.port))
        one.begin()
        one.speak(MadeVoice.samples16(seconds: 1))
        while small.hub.count < 1 {}
        other.begin()
        other.speak(MadeVoice.samples16(seconds: 1))
        #expect(other.sawClose())
        one.hangUp()
        #expect(try small.finish().count == 1)
    }

    @Test("Paused, nothing is heard, and the pause is marked")
    func paused() throws {
        let exchange = try Exchange()
        let feed = try exchange.hub.begin(
            CallOffer(trunk: "pbx", outsideID: nil, legs: [OfferedLeg(name: "far", sampleRate: 16_000, isOnlyChannel: true)]))
        let voice = MadeVoice.samples16(seconds: 2).withUnsafeBytes { Array($0) }
        try feed.sound(voice, leg: 0, sampleRate: 16_000)
        exchange.hub.isPaused = true
        try feed.sound(voice, leg: 0, sampleRate: 16_000)
        exchange.hub.isPaused = false
        try feed.sound(voice, leg: 0, sampleRate: 16_000)
        feed.end(.hungUp)
        let call = try #require(try exchange.finish().first)
        let marks = try exchange.store.legs(of: call.id)[0].marks
        #expect(marks.map(\.kind) == [.paused] && marks[0].startSample == 32_000 && marks[0].sampleCount == 32_000)
        #expect(try exchange.replays(call))
    }

    @Test("What is on is told call by call: trunk, opaque id, length, speech, score and alerts, until its end")
    func running() throws {
        let exchange = try Exchange()
        let number = "+15557654321"
        let feed = try exchange.hub.begin(
            CallOffer(trunk: "pbx", outsideID: number, legs: [OfferedLeg(name: "far", sampleRate: 16_000, isOnlyChannel: true)]))
        let begun = try #require(exchange.hub.running.calls.first)
        #expect(begun.progress.label == "pbx" && begun.progress.seconds == 0 && !begun.call.contains("555"))
        for piece in stride(from: 0, to: 128_000, by: 3200) {
            let sound = MadeVoice.samples16(seconds: 8)[piece..<piece + 3200].withUnsafeBytes { Array($0) }
            try feed.sound(sound, leg: 0, sampleRate: 16_000)
        }
        let told = exchange.hub.running
        let progress = try #require(told.calls.first).progress
        #expect(told.count == 1 && told.calls[0].call == begun.call && 7.4...8 ~= progress.seconds && progress.netSpeechSeconds > 3)
        #expect(progress.alerts > 0 && progress.windowLLR != nil && progress.operatingPoint != nil && progress.alertsAtLLR != nil)
        #expect(progress.isDisclosed == false && progress.levelDBFS != nil)
        // For people: what the answer holds for machines.
        let line = try #require(told.words.split(separator: "\n").last)
        #expect(told.words.hasPrefix("1 call is on\n") && line.hasPrefix("  call \(begun.call) is on for 7.") && line.contains("of them speech; "))
        #expect(line.hasSuffix("alert: machine-made voice; 1 alert so far") || line.hasSuffix(" so far"))
        var paused = told
        paused.isPaused = true
        paused.calls = Array(repeating: told.calls[0], count: 30)
        paused.count = 150
        #expect(paused.words.hasPrefix("150 calls are on; paused: nothing is heard until `falsetto call resume`\n"))
        #expect(paused.words.hasSuffix("\n  and 130 more"))
        // The next piece of sound takes the word, and tells it.
        #expect(exchange.hub.disclose(begun.call)?.isDone == true)
        try feed.sound([0, 0], leg: 0, sampleRate: 16_000)
        #expect(exchange.hub.running.calls[0].progress.isDisclosed == true)
        feed.end(.hungUp)
        #expect(exchange.hub.running == .init(count: 0, isPaused: false, calls: []))
        let call = try #require(try exchange.finish().first)
        #expect(call.id.text == begun.call)
    }

    @Test("Of more calls than an answer holds, those with alerts are told first, the others as they began")
    func mostTold() throws {
        let exchange = try Exchange()
        let feeds = try (0...ControlReply.Trunks.mostCalls).map { _ in
            try exchange.hub.begin(
                CallOffer(trunk: "pbx", outsideID: nil, legs: [OfferedLeg(name: "far", sampleRate: 16_000, isOnlyChannel: true)]))
        }
        let before = exchange.hub.running
        #expect(before.count == 101 && before.calls.count == 100)
        try feeds[100].sound(MadeVoice.samples16(seconds: 8).withUnsafeBytes { Array($0) }, leg: 0, sampleRate: 16_000)
        let after = exchange.hub.running
        #expect(after.calls[0].progress.alerts > 0 && after.calls.dropFirst().map(\.call) == before.calls.dropLast().map(\.call))
        for feed in feeds { feed.end(.hungUp) }
        _ = try exchange.finish()
    }

    @Test("The end of the program ends the calls that are on")
    func shutdown() throws {
        let exchange = try Exchange()
        let caller = try AudioSocketCaller(port: exchange.port)
        caller.begin()
        caller.speak(MadeVoice.samples16(seconds: 1))
        while exchange.hub.count < 1 {}
        let call = try #require(try exchange.finish().first)
        #expect(call.state == .ended && exchange.reasons() == ["shutdown"] && caller.sawClose())
    }

    @Test("An id from outside is kept as a keyed digest only: the same call, the same digest; another machine, another")
    func names() throws {
        let exchange = try Exchange()
        let number = "+15551234567"
        var ids: [CallID] = []
        for _ in 0..<2 {
            let feed = try exchange.hub.begin(
                CallOffer(trunk: "pbx", outsideID: number, legs: [OfferedLeg(name: "far", sampleRate: 8000, isOnlyChannel: true)]))
            feed.end(.hungUp)
        }
        ids = try exchange.finish().map(\.id)
        #expect(ids.count == 2 && ids[0] != ids[1] && ids[0].text.prefix(12) == ids[1].text.prefix(12))
        let database = try Data(contentsOf: URL(fileURLWithPath: exchange.store.folder.database))
        #expect(database.range(of: Data("5551234567".utf8)) == nil)
        let other = try CallNames(makingAt: exchange.store.folder.path + "/other.key")
        #expect(other.digest(number, trunk: "pbx") != String(ids[0].text.prefix(12)))
        let again = try CallNames(makingAt: exchange.store.folder.callNamesKey)
        #expect(
            again.digest(number, trunk: "pbx") == String(ids[0].text.prefix(12))
                && again.digest(number, trunk: "b") != again.digest(number, trunk: "pbx"))
    }
}
