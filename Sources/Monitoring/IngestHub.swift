import Alerting
import Audio
import Calls
import Capture
import Classifier
import Foundation
import Ingest
import Reporting
import Store
import Synchronization

/// What the calls of one trunk are heard under.
public struct TrunkPolicy: Sendable, Equatable {
    /// Why listening is lawful; stored with each of its calls.
    public var consent: String
    /// Whether the near end is screened too, where a call has one.
    public var screensNearEnd = false

    public init(consent: String, screensNearEnd: Bool = false) {
        self.consent = consent
        self.screensNearEnd = screensNearEnd
    }
}

/// Takes the calls of telephone systems: each is screened where its sound arrives, and stored and alerted like a captured one.
package final class IngestHub: CallTaker {
    package struct Settings {
        var policies: [String: TrunkPolicy]
        var options: MonitorOptions
        var screening: ScreeningSetup
        /// Calls at a time, of all trunks.
        var mostCalls: Int

        package init(policies: [String: TrunkPolicy], options: MonitorOptions, screening: ScreeningSetup, mostCalls: Int) {
            (self.policies, self.options, self.screening, self.mostCalls) = (policies, options, screening, mostCalls)
        }
    }

    private let settings: Mutex<Settings>
    private let names: CallNames
    private let board: AllowBoard
    private let clock: @Sendable () -> Date
    private let emit: @Sendable (MonitorItem) -> Void
    private let callsOn = Atomic<Int>(0)
    private let paused = Atomic<Bool>(false)
    /// Of the calls that are on, what other threads say and ask about them.
    private let slates = Mutex<(next: Int, byCall: [String: (number: Int, slate: CallSlate)])>((0, [:]))

    /// - Parameters:
    ///   - names: turns ids from outside into the store's.
    ///   - emit: called by many threads at a time; it must not wait.
    package init(
        settings: Settings, names: CallNames, board: AllowBoard = AllowBoard(), clock: @escaping @Sendable () -> Date,
        emit: @escaping @Sendable (MonitorItem) -> Void
    ) {
        self.settings = Mutex(settings)
        self.names = names
        self.board = board
        self.clock = clock
        self.emit = emit
    }

    /// For the calls that begin from here on.
    func change(_ body: (inout Settings) -> Void) { settings.withLock { body(&$0) } }

    /// From so many calls on their packets are read when they can complete something. Fewer are read as they come: a sender whose system holds a
    /// packet back until the one before is acknowledged (Nagle's algorithm) would be some 35 ms late, for wake-ups that cost little then.
    static let callsThatWait = 100

    /// Calls that are on.
    package var count: Int { callsOn.load(ordering: .relaxed) }

    /// Whether one more call would be heard.
    var hasRoom: Bool { count < settings.withLock { $0.mostCalls } }

    /// Nothing is heard while it is paused; the calls stay on.
    var isPaused: Bool {
        get { paused.load(ordering: .relaxed) }
        set { paused.store(newValue, ordering: .relaxed) }
    }

    package func begin(_ offer: CallOffer, turn: LoopTurn?) throws(CallRefusal) -> any CallFeed {
        let settings = settings.withLock { $0 }
        guard let policy = settings.policies[offer.trunk] else { throw CallRefusal("it has no consent basis, so its calls are not heard") }
        let on = callsOn.add(1, ordering: .relaxed).newValue
        do throws(CallRefusal) {
            guard on <= settings.mostCalls else { throw CallRefusal("\(settings.mostCalls) calls are on, which is the most; a call is not heard") }
            let id = offer.outsideID.map { names.id(for: $0, trunk: offer.trunk) } ?? .random()
            let call = try IngestedCall(
                offer, id: id, policy, settings, clock: clock, board: board, hub: self, waitingRoom: turn.map(WaitingRoom.of), emit: emit)
            slates.withLock { slates in
                slates.byCall[id.text] = (slates.next, call.slate)
                slates.next += 1
            }
            return call
        } catch {
            callsOn.subtract(1, ordering: .relaxed)
            throw error
        }
    }

    /// The voice of a call said that it is a machine's.
    /// - Parameter call: nil for the only one that is on.
    /// - Returns: nil where no such call is on.
    func disclose(_ call: String?) -> ControlReply? {
        slates.withLock { slates in
            let count = slates.byCall.count
            if call == nil, count > 1 {
                return .refused("\(count) calls are on; say which: falsetto call disclose --call ID (`falsetto calls list` has the ids)")
            }
            guard let (id, entry) = call.map({ call in slates.byCall.first { $0.key == call } }) ?? slates.byCall.first else { return nil }
            entry.slate.isDisclosed.store(true, ordering: .relaxed)
            return ControlReply(
                call: id, isPaused: isPaused,
                words: "call \(id): the voice said that it is a machine's; from here on it is recorded and raises no alert")
        }
    }

    /// The calls that are on, as each last told.
    var running: ControlReply.Trunks {
        let all = slates.withLock { slates in
            slates.byCall.map { (number: $1.number, call: ControlReply.RunningCall(call: $0, progress: $1.slate.progress.withLock { $0 })) }
        }
        let first = all.sorted { ($0.call.progress.alerts == 0 ? 1 : 0, $0.number) < ($1.call.progress.alerts == 0 ? 1 : 0, $1.number) }
        return ControlReply.Trunks(count: all.count, isPaused: isPaused, calls: first.prefix(ControlReply.Trunks.mostCalls).map(\.call))
    }

    fileprivate func ended(_ id: CallID) {
        slates.withLock { $0.byCall[id.text] = nil }
        callsOn.subtract(1, ordering: .relaxed)
    }
}

/// Between a call and the threads that say or ask something about it: it looks here with each piece of sound, and tells how far it has come.
private final class CallSlate: Sendable {
    let isDisclosed = Atomic<Bool>(false)
    let progress: Mutex<ControlReply.Progress>

    init(_ progress: ControlReply.Progress) { self.progress = Mutex(progress) }
}

/// One call of a telephone system, on the event loop of its connection.
private final class IngestedCall: CallFeed {
    fileprivate let monitor: CallMonitor
    private unowned let hub: IngestHub
    private let id: CallID
    let slate: CallSlate
    private var isDisclosed = false
    /// Sound since it last told how far it has come.
    private var untoldSeconds = 0.0
    private static let secondsBetweenTellings = 0.5
    /// The line of each leg that is heard, by the leg's place in the offer.
    private let lines: [Int?]
    private var isOver = false
    private let waitingRoom: WaitingRoom?
    /// It is in the waiting room.
    fileprivate var isWaiting = false

    init(
        _ offer: CallOffer, id: CallID, _ policy: TrunkPolicy, _ settings: IngestHub.Settings,
        clock: @escaping @Sendable () -> Date, board: AllowBoard, hub: IngestHub, waitingRoom: WaitingRoom?,
        emit: @escaping @Sendable (MonitorItem) -> Void
    ) throws(CallRefusal) {
        guard !offer.legs.isEmpty else { throw CallRefusal("a call without sound") }
        self.hub = hub
        self.id = id
        self.waitingRoom = waitingRoom
        // The near end says nothing about where a call begins and ends here, so it is heard only if it is screened.
        let heard = policy.screensNearEnd ? offer.legs : [offer.legs[0]]
        lines = offer.legs.indices.map { $0 < heard.count ? $0 : nil }
        var options = settings.options
        options.consent = policy.consent
        options.waitsToBeTold = true
        let screening = settings.screening
        do throws(AudioError) {
            monitor = try CallMonitor(
                legs: heard.enumerated().map { MonitoredLeg(name: $1.name, line: $0, channel: 0, isOnlyChannel: $1.isOnlyChannel) },
                formats: heard.map { SampleFormat(.s16, sampleRate: $0.sampleRate) }, labels: heard.map { _ in offer.trunk }, options: options,
                setup: { screening }, clock: clock, allows: { board.reason(line: $0, caller: $1) },
                batch: { waitingRoom?.batch(of: $0) }, emit: emit)
            if hub.isPaused { _ = try monitor.obey(.pause) }
            // The other side's name for a call may be the caller's number.
            try monitor.begin(byHand: true, id: id, party: offer.outsideID)
            guard let progress = monitor.progress else { preconditionFailure("a call that has begun is on") }
            slate = CallSlate(progress)
        } catch { throw CallRefusal(error.description) }
    }

    func sound(_ samples: [UInt8], leg: Int, sampleRate: Int) throws(CallRefusal) {
        try take(leg, frames: samples.count / 2, sampleRate, gap: nil, samples)
    }

    func missing(frames: Int, leg: Int, sampleRate: Int, _ cause: MissingSound) throws(CallRefusal) {
        try take(leg, frames: frames, sampleRate, gap: GapCause(cause), [])
    }

    func framesNeeded(leg: Int) -> Int {
        // A word from outside holds for what is read after it, so nothing of a pause may still lie unread when it ends.
        guard hub.count >= IngestHub.callsThatWait, !hub.isPaused, !monitor.isPaused else { return 0 }
        guard !isOver, lines.indices.contains(leg), let line = lines[leg] else { return 0 }
        return monitor.framesToHop(line: line)
    }

    private func take(_ leg: Int, frames: Int, _ sampleRate: Int, gap: GapCause?, _ samples: [UInt8]) throws(CallRefusal) {
        guard !isOver, lines.indices.contains(leg), let line = lines[leg], frames > 0 else { return }
        do throws(AudioError) {
            if hub.isPaused != monitor.isPaused { _ = try monitor.obey(hub.isPaused ? .pause : .resume) }
            if !isDisclosed, slate.isDisclosed.load(ordering: .relaxed) {
                isDisclosed = true
                _ = try monitor.obey(.disclose(call: nil))
                untoldSeconds = .infinity
            }
            let block = LineBlock(frames: frames, gap: gap, format: SampleFormat(.s16, sampleRate: sampleRate), atNanoseconds: 0)
            var fault: AudioError?
            unsafe samples.withUnsafeBytes { bytes in
                do throws(AudioError) { try unsafe monitor.take(line: line, block, bytes) } catch { fault = error }
            }
            if let fault { throw fault }
            untoldSeconds += Double(frames) / Double(sampleRate)
            if monitor.isWaiting, let waitingRoom { waitingRoom.takeIn(self) } else { tell() }
        } catch { throw CallRefusal(error.description) }
    }

    /// Not with each packet: of a thousand calls that would be fifty thousand times a second.
    private func tell() {
        guard untoldSeconds >= Self.secondsBetweenTellings, let progress = monitor.progress else { return }
        untoldSeconds = 0
        slate.progress.withLock { $0 = progress }
    }

    /// What the hop that waited came to, once the network has heard it.
    fileprivate func settle() {
        isWaiting = false
        guard !isOver else { return }
        monitor.settle()
        tell()
    }

    func end(_ ending: CallEnding) {
        guard !isOver else { return }
        isOver = true
        // What fails here fails after the call has ended for everybody else.
        try? monitor.end(EndReason(ending))
        hub.ended(id)
    }
}

/// The calls of one event loop whose hops wait for the network: at the end of the loop's turn they go through it, some at a time.
private final class WaitingRoom {
    private unowned let turn: LoopTurn
    private var calls: [IngestedCall] = []
    private var batch: HopBatch?

    private init(_ turn: LoopTurn) { self.turn = turn }

    static func of(_ turn: LoopTurn) -> WaitingRoom {
        if let room = turn.shared as? WaitingRoom { return room }
        let room = WaitingRoom(turn)
        turn.shared = room
        return room
    }

    /// What the loop's legs of a model share. Calls that began under an older model keep its.
    func batch(of model: Model) -> HopBatch {
        if let batch, batch.model === model { return batch }
        let batch = HopBatch(model: model)
        self.batch = batch
        return batch
    }

    /// A call of which a hop waits stays until the end of the turn.
    func takeIn(_ call: IngestedCall) {
        guard !call.isWaiting else { return }
        call.isWaiting = true
        calls.append(call)
        if calls.count == 1 { turn.atEnd { [unowned self] in settle() } }
    }

    private func settle() {
        var groups: [(batch: HopBatch, ears: [Ear], calls: [IngestedCall])] = []
        for call in calls {
            let ears = call.monitor.waitingEars
            // One that has ended meanwhile settled by itself.
            guard let batch = ears.first?.batch else {
                call.settle()
                continue
            }
            if let place = groups.firstIndex(where: { $0.batch === batch && $0.ears.count + ears.count <= HopBatch.mostLegs }) {
                groups[place].ears += ears
                groups[place].calls.append(call)
            } else {
                groups.append((batch, ears, [call]))
            }
        }
        calls.removeAll(keepingCapacity: true)
        for group in groups {
            group.batch.run(group.ears)
            for call in group.calls { call.settle() }
        }
    }
}

extension GapCause {
    fileprivate init(_ cause: MissingSound) {
        self =
            switch cause {
            case .lost: .dropped
            case .notSent: .noData
            case .paused: .paused
            }
    }
}

extension EndReason {
    fileprivate init(_ ending: CallEnding) {
        self =
            switch ending {
            case .hungUp: .hungUp
            case .connectionLost: .connectionLost
            case .idle: .idle
            case .malformed: .malformed
            case .tooLong: .tooLong
            case .shutdown: .shutdown
            }
    }
}
