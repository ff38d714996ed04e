import Alerting
import Audio
import Capture
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
final class IngestHub: CallTaker {
    struct Settings {
        var policies: [String: TrunkPolicy]
        var options: MonitorOptions
        var screening: ScreeningSetup
        /// Calls at a time, of all trunks.
        var mostCalls: Int
    }

    private let settings: Mutex<Settings>
    private let names: CallNames
    private let clock: @Sendable () -> Date
    private let emit: @Sendable (MonitorItem) -> Void
    private let callsOn = Atomic<Int>(0)
    private let paused = Atomic<Bool>(false)

    /// - Parameters:
    ///   - names: turns ids from outside into the store's.
    ///   - emit: called by many threads at a time; it must not wait.
    init(settings: Settings, names: CallNames, clock: @escaping @Sendable () -> Date, emit: @escaping @Sendable (MonitorItem) -> Void) {
        self.settings = Mutex(settings)
        self.names = names
        self.clock = clock
        self.emit = emit
    }

    /// For the calls that begin from here on.
    func change(_ body: (inout Settings) -> Void) { settings.withLock { body(&$0) } }

    /// Calls that are on.
    var count: Int { callsOn.load(ordering: .relaxed) }

    /// Whether one more call would be heard.
    var hasRoom: Bool { count < settings.withLock { $0.mostCalls } }

    /// Nothing is heard while it is paused; the calls stay on.
    var isPaused: Bool {
        get { paused.load(ordering: .relaxed) }
        set { paused.store(newValue, ordering: .relaxed) }
    }

    func begin(_ offer: CallOffer) throws(CallRefusal) -> any CallFeed {
        let settings = settings.withLock { $0 }
        guard let policy = settings.policies[offer.trunk] else { throw CallRefusal("it has no consent basis, so its calls are not heard") }
        let on = callsOn.add(1, ordering: .relaxed).newValue
        do throws(CallRefusal) {
            guard on <= settings.mostCalls else { throw CallRefusal("\(settings.mostCalls) calls are on, which is the most; a call is not heard") }
            let id = offer.outsideID.map { names.id(for: $0, trunk: offer.trunk) } ?? .random()
            return try IngestedCall(offer, id: id, policy, settings, clock: clock, hub: self, emit: emit)
        } catch {
            callsOn.subtract(1, ordering: .relaxed)
            throw error
        }
    }

    fileprivate func ended() { callsOn.subtract(1, ordering: .relaxed) }
}

/// One call of a telephone system, on the event loop of its connection.
private final class IngestedCall: CallFeed {
    private let monitor: CallMonitor
    private unowned let hub: IngestHub
    /// The line of each leg that is heard, by the leg's place in the offer.
    private let lines: [Int?]
    private var isOver = false

    init(
        _ offer: CallOffer, id: CallID, _ policy: TrunkPolicy, _ settings: IngestHub.Settings, clock: @escaping @Sendable () -> Date,
        hub: IngestHub, emit: @escaping @Sendable (MonitorItem) -> Void
    ) throws(CallRefusal) {
        guard !offer.legs.isEmpty else { throw CallRefusal("a call without sound") }
        self.hub = hub
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
                setup: { screening }, clock: clock, emit: emit)
            if hub.isPaused { _ = try monitor.obey(.pause) }
            try monitor.begin(byHand: true, id: id)
        } catch { throw CallRefusal(error.description) }
    }

    func sound(_ samples: [UInt8], leg: Int, sampleRate: Int) throws(CallRefusal) {
        try take(leg, frames: samples.count / 2, sampleRate, gap: nil, samples)
    }

    func missing(frames: Int, leg: Int, sampleRate: Int, _ cause: MissingSound) throws(CallRefusal) {
        try take(leg, frames: frames, sampleRate, gap: GapCause(cause), [])
    }

    private func take(_ leg: Int, frames: Int, _ sampleRate: Int, gap: GapCause?, _ samples: [UInt8]) throws(CallRefusal) {
        guard !isOver, lines.indices.contains(leg), let line = lines[leg], frames > 0 else { return }
        do throws(AudioError) {
            if hub.isPaused != monitor.isPaused { _ = try monitor.obey(hub.isPaused ? .pause : .resume) }
            let block = LineBlock(frames: frames, gap: gap, format: SampleFormat(.s16, sampleRate: sampleRate), atNanoseconds: 0)
            var fault: AudioError?
            unsafe samples.withUnsafeBytes { bytes in
                do throws(AudioError) { try unsafe monitor.take(line: line, block, bytes) } catch { fault = error }
            }
            if let fault { throw fault }
        } catch { throw CallRefusal(error.description) }
    }

    func end(_ ending: CallEnding) {
        guard !isOver else { return }
        isOver = true
        // What fails here fails after the call has ended for everybody else.
        try? monitor.end(EndReason(ending))
        hub.ended()
    }
}

extension GapCause {
    fileprivate init(_ cause: MissingSound) {
        self = switch cause {
        case .lost: .dropped
        case .notSent: .noData
        case .paused: .paused
        }
    }
}

extension EndReason {
    fileprivate init(_ ending: CallEnding) {
        self = switch ending {
        case .hungUp: .hungUp
        case .connectionLost: .connectionLost
        case .idle: .idle
        case .malformed: .malformed
        case .tooLong: .tooLong
        case .shutdown: .shutdown
        }
    }
}
