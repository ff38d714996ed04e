import Alerting
import Audio
import Calls
import Capture
import Classifier
import Foundation
import Reporting
import Screening
import Store

/// Hears the legs of one telephone: finds where a call begins and ends, screens it, and hands on what happens.
///
/// Used on one thread; it never waits for anybody. Blocks of sound go in, items come out through `emit`, and what comes out
/// depends on blocks, commands and the moment at which the wall clock is read: once a call.
package final class CallMonitor {
    private let setup: () -> ScreeningSetup
    private let legs: [MonitoredLeg]
    private let labels: [String?]
    private let clock: () -> Date
    private let allows: (_ line: String?, _ party: String?) -> String?
    private let batch: (Model) -> HopBatch?
    private let emit: (MonitorItem) -> Void
    var options: MonitorOptions {
        didSet { boundary.options = options.boundary }
    }

    private var formats: [SampleFormat]
    private var boundary: CallBoundary
    private var preRolls: [PreRoll]
    /// One a leg: what hears it at present, in a call and between calls; none while nothing is heard.
    private var ears: [LegEar] = []
    private var call: OpenCall?
    private(set) var isPaused = false
    private var bytes: [UInt8] = []
    /// What the other legs said since the last hop of the first.
    private var others = CallBoundary.Heard(isSpeech: false, levelDBFS: -.infinity, isAway: true)

    struct OpenCall {
        var id: CallID
        var startedAt: Date
        /// Begun from outside, so ended from outside.
        var byHand: Bool
        var isDisclosed = false
        var alertCount = 0
        /// Ears of screened legs by their place among those.
        var places: [Int?]
        var setup: ScreeningSetup
    }

    /// Sound from before a call was noticed that is screened with it.
    static let preRollSeconds = 3.0

    /// - Parameters:
    ///   - formats: of the lines, in order.
    ///   - labels: what the configuration calls each line; nil where it gives it no name.
    ///   - clock: the wall clock, read when a call begins.
    ///   - allows: why a call of a line and a party is of a voice that the site knows to be a machine's; it must not wait.
    ///   - batch: what hops of a model go through the network in together with other calls'; nil for none. They then wait to be settled, so it is for
    ///     calls whose begin and end are told from outside.
    package init(
        legs: [MonitoredLeg], formats: [SampleFormat], labels: [String?], options: MonitorOptions,
        setup: @escaping () -> ScreeningSetup, clock: @escaping () -> Date,
        allows: @escaping (_ line: String?, _ party: String?) -> String? = { _, _ in nil }, batch: @escaping (Model) -> HopBatch? = { _ in nil },
        emit: @escaping (MonitorItem) -> Void
    ) throws(AudioError) {
        precondition(!legs.isEmpty && legs[0].isScreened, "the first leg is screened")
        self.legs = legs
        self.formats = formats
        self.labels = labels
        self.options = options
        self.setup = setup
        self.clock = clock
        self.allows = allows
        self.batch = batch
        self.emit = emit
        boundary = CallBoundary(options: options.boundary, hopSeconds: setup().model.hopSeconds)
        preRolls = legs.map { _ in PreRoll(mostSeconds: Self.preRollSeconds) }
        // What waits for a word from outside needs no ears before it.
        if !options.waitsToBeTold { ears = try freshEars() }
    }

    var callID: CallID? { call?.id }

    // MARK: sound

    /// Takes a block of a line, interleaved as it came.
    package func take(line: Int, _ block: LineBlock, _ frames: UnsafeRawBufferPointer) throws(AudioError) {
        formats[line] = block.format
        // Until it is told to, it does not even look at the samples.
        if call == nil, options.waitsToBeTold || isPaused { return }
        var block = block
        if isPaused { block.gap = .paused }
        for index in legs.indices where legs[index].line == line {
            bytes.removeAll(keepingCapacity: true)
            if block.gap == nil {
                unsafe block.format.extract(channel: min(legs[index].channel, block.format.channelCount - 1), of: frames, into: &bytes)
            }
            try hear(index, block, bytes)
        }
    }

    /// How many more frames of a line it takes until a hop of one of its legs is complete; 0 between calls.
    func framesToHop(line: Int) -> Int {
        guard call != nil else { return 0 }
        return legs.indices.lazy.filter { self.legs[$0].line == line }.map { self.ears[$0].framesToHop }.min() ?? 0
    }

    private func hear(_ index: Int, _ block: LineBlock, _ bytes: [UInt8]) throws(AudioError) {
        if call == nil { preRolls[index].append(PreRoll.Chunk(block: block, bytes: bytes)) }
        if ears.isEmpty { ears = try freshEars() }
        if ears[index].mustSettle(before: block) { settle() }
        var output = LegEar.Output()
        try ears[index].take(block, bytes, into: &output)
        pass(output, of: index)
        for event in output.events {
            guard case .hop(let score) = event, let action = heard(score, on: index) else { continue }
            switch action {
            case .begin: try begin(byHand: false)
            case .end(let reason): try end(reason)
            }
            // The events that are left were of the other state.
            break
        }
    }

    /// A hop waits for the network.
    var isWaiting: Bool { ears.contains(where: \.isWaiting) }

    /// What it waits to be heard by, of all legs.
    var waitingEars: [Ear] { ears.filter(\.isWaiting).map(\.hearing) }

    /// Hands on what the hops that waited came to: in its place, before whatever is said next.
    func settle() {
        for index in ears.indices where ears[index].isWaiting {
            var output = LegEar.Output()
            ears[index].settle(into: &output)
            pass(output, of: index)
        }
    }

    /// The first leg beats the time of the boundary; the others add what they heard since.
    private func heard(_ score: HopScore, on index: Int) -> CallBoundary.Action? {
        let isAway = score.hop.lostSamples + score.hop.pausedSamples > 0
        var heard = CallBoundary.Heard(isSpeech: score.isSpeech, levelDBFS: Double(score.levelDBFS), isAway: isAway)
        heard.isSpeech = heard.isSpeech || others.isSpeech
        heard.levelDBFS = max(heard.levelDBFS, others.levelDBFS)
        heard.isAway = heard.isAway && others.isAway
        guard index == 0 else {
            others = heard
            return nil
        }
        others = CallBoundary.Heard(isSpeech: false, levelDBFS: -.infinity, isAway: true)
        return call?.byHand == true ? nil : boundary.push(heard)
    }

    // MARK: a call

    func begin(byHand: Bool, id: CallID = .random(), party: String? = nil) throws(AudioError) {
        let setup = setup()
        var places: [Int?] = []
        var screened = 0
        for leg in legs {
            places.append(leg.isScreened ? screened : nil)
            if leg.isScreened { screened += 1 }
        }
        let rolls = preRolls
        let names = legs.filter(\.isScreened)
        let isListed = party.map(options.disclosedParties.contains) ?? false
        let allowed = allows(labels[legs[0].line], party) ?? (isListed ? "caller of the configuration" : nil)
        let startedAt = clock().addingTimeInterval(-(rolls.map(\.seconds).max() ?? 0))
        call = OpenCall(id: id, startedAt: startedAt, byHand: byHand, places: places, setup: setup)
        boundary.set(inCall: true)
        let start = CallStart(
            id: id, startedAt: startedAt, consent: options.consent, device: labels[legs[0].line], provenance: setup.provenance,
            recalibration: setup.recalibration, legs: names.map { .init(name: $0.name, isOnlyChannel: $0.isOnlyChannel) },
            keepsAudio: options.keepsAudio,
            allowed: allowed)
        emit(
            .began(
                start,
                event(
                    .callStarted(consent: options.consent, legs: names.map(\.name), provenance: setup.provenance, byHand: byHand), atSeconds: 0)))
        ears = try freshEars(rolls.map { $0.chunks.first?.block.format })
        if allowed != nil { discloseCall() }
        for index in legs.indices {
            preRolls[index].removeAll()
            for chunk in rolls[index].chunks {
                var output = LegEar.Output()
                try ears[index].take(chunk.block, chunk.bytes, into: &output)
                pass(output, of: index)
            }
        }
    }

    func end(_ reason: EndReason) throws(AudioError) {
        guard call != nil else { return }
        settle()
        var results: [LegResult] = [], counts: [Int] = [], ended: [CallEvent.EndedLeg] = []
        for index in legs.indices where legs[index].isScreened {
            var output = LegEar.Output()
            let result = ears[index].finish(into: &output)
            pass(output, of: index)
            results.append(result)
            counts.append(ears[index].endSample)
            ended.append(.init(name: legs[index].name, result: result))
        }
        let seconds = LegTime.seconds(counts.max() ?? 0)
        emit(
            .ended(
                results, sampleCounts: counts,
                event(.callEnded(reason: reason, durationSeconds: seconds, legs: ended), atSeconds: seconds)))
        call = nil
        boundary.set(inCall: false)
        ears = []
    }

    private func freshEars(_ first: [SampleFormat?] = []) throws(AudioError) -> [LegEar] {
        var fresh: [LegEar] = []
        let setup = call?.setup ?? setup()
        for (index, leg) in legs.enumerated() {
            let format = (index < first.count ? first[index] : nil) ?? formats[leg.line]
            fresh.append(
                try LegEar(
                    setup: setup, isOnlyChannel: leg.isOnlyChannel, format: format,
                    keepsSound: call != nil && leg.isScreened && options.keepsAudio, batch: batch(setup.model)))
        }
        return fresh
    }

    private func pass(_ output: LegEar.Output, of index: Int) {
        guard let call, let place = call.places[index] else { return }
        for record in output.sound { emit(.sound(record, leg: place, call: call.id)) }
        let name = legs[index].name
        for mark in output.gaps {
            let kind = CallEvent.Kind.gap(
                startSeconds: LegTime.seconds(mark.startSample), seconds: LegTime.seconds(mark.sampleCount), cause: mark.kind)
            emit(.gap(mark, leg: place, event(kind, leg: name, atSeconds: LegTime.seconds(mark.startSample + mark.sampleCount))))
        }
        for screened in output.events {
            if case .action(.raised) = screened { self.call?.alertCount += 1 }
            emit(.screened(screened, leg: place, event(of: screened, leg: name)))
        }
    }

    private func event(of screened: ScreeningEvent, leg: String) -> CallEvent {
        let (kind, sample): (CallEvent.Kind, Int) =
            switch screened {
            case .hop(let score): (.hop(score), score.startSample)
            case .action(.watchBegan(let sample)): (.watchBegan(atSample: sample), sample)
            case .action(.watchEnded(let sample)): (.watchEnded(atSample: sample), sample)
            case .action(.raised(let alert)): (.alertRaised(alert), alert.atSample)
            case .action(.ended(let alert)): (.alertEnded(alert), alert.endSample ?? alert.atSample)
            }
        return event(kind, leg: leg, atSeconds: LegTime.seconds(sample))
    }

    private func event(_ kind: CallEvent.Kind, leg: String? = nil, atSeconds: Double? = nil) -> CallEvent {
        let at = if let call, let atSeconds { call.startedAt.addingTimeInterval(atSeconds) } else { clock() }
        return CallEvent(id: EventID.random().text, call: call?.id.text, leg: leg, at: at, kind: kind)
    }

    // MARK: the outside word

    func obey(_ request: ControlRequest) throws(AudioError) -> ControlReply {
        switch request {
        case .status:
            return status
        case .start(let text, let party):
            if let call, call.byHand {
                return .refused("call \(call.id.text) is on already; end it first: falsetto call end")
            }
            let id: CallID
            do throws(CallIDError) { id = try text.map { text throws(CallIDError) in try CallID(text) } ?? .random() } catch {
                return .refused(error.description)
            }
            if call != nil { try end(.replaced) }
            isPaused = false
            try begin(byHand: true, id: id, party: party)
            return ControlReply(call: id.text, isPaused: false, words: "call \(id.text) is heard from here on")
        case .end:
            guard let id = call?.id.text else { return .refused("no call is on") }
            try end(.told)
            return ControlReply(call: id, isPaused: isPaused, words: "call \(id) has ended")
        case .disclose(let id):
            guard let call, id == nil || id == call.id.text else { return .refused(id == nil ? "no call is on" : "no such call is on") }
            if !call.isDisclosed { discloseCall() }
            return ControlReply(
                call: call.id.text, isPaused: isPaused,
                words: "call \(call.id.text): the voice said that it is a machine's; from here on it is recorded and raises no alert")
        case .pause, .resume:
            isPaused = request == .pause
            return ControlReply(
                call: call?.id.text, isPaused: isPaused, words: isPaused ? "nothing is heard until `falsetto call resume`" : "it hears again")
        }
    }

    private var status: ControlReply {
        let pause = isPaused ? ControlReply.pausedWords : ""
        guard let call, let progress else {
            let wait = options.waitsToBeTold ? "; nothing is heard until `falsetto call start`" : ""
            return ControlReply(call: nil, isPaused: isPaused, words: "no call is on" + (isPaused ? pause : wait))
        }
        return ControlReply(call: call.id.text, isPaused: isPaused, words: progress.words(call: call.id.text) + pause, progress: progress)
    }

    /// How far the call that is on has come; nil where none is.
    var progress: ControlReply.Progress? {
        guard let call else { return nil }
        let heard = legs.indices.filter { legs[$0].isScreened }.map { ears[$0] }
        let level = [Level.alert, .watch].first { level in heard.contains { $0.level == level } } ?? .clear
        let last = ears[0].lastHop
        return ControlReply.Progress(
            seconds: LegTime.seconds(heard.map(\.endSample).max() ?? 0), netSpeechSeconds: heard.map(\.netSpeechSeconds).max() ?? 0,
            level: level.rawValue, alerts: call.alertCount, label: labels[legs[0].line], isSpeech: last?.isSpeech,
            levelDBFS: last.flatMap { $0.levelDBFS.isFinite ? Double($0.levelDBFS) : nil }, windowLLR: last?.windowLLR,
            operatingPoint: call.setup.operatingPoint.name, alertsAtLLR: call.setup.operatingPoint.alert.window.begins,
            isDisclosed: call.isDisclosed)
    }

    /// The first leg is the caller's.
    private func discloseCall() {
        settle()
        call?.isDisclosed = true
        var output = LegEar.Output()
        let mark = ears[0].disclose(into: &output)
        pass(output, of: 0)
        let seconds = LegTime.seconds(mark.startSample)
        emit(.mark(mark, leg: 0, event(.disclosed(atSeconds: seconds), leg: legs[0].name, atSeconds: seconds)))
    }

    /// Ends the call that is on, because the program ends.
    package func finish() throws(AudioError) { try end(.shutdown) }

    func lineIsAway(_ words: String) { emit(.note(event(.lineAway(words: words)))) }
    func lineIsBack() { emit(.note(event(.lineBack))) }
}
