import Calls
import Foundation

/// How long calls and recordings are kept, and the pure decision which of them have to go.
public struct Retention: Sendable, Equatable {
    /// Days after its beginning that a call is kept.
    public var callDays: Double
    /// Days that its recording is kept; never longer than the call.
    public var audioDays: Double

    public init(callDays: Double = 90, audioDays: Double = 7) {
        precondition(callDays > 0 && audioDays > 0, "a retention time is positive")
        self.callDays = callDays
        self.audioDays = min(audioDays, callDays)
    }

    /// What the decision looks at.
    public struct Candidate: Sendable, Equatable {
        public var id: CallID
        public var startedAt: Date
        public var hasAudio: Bool

        public init(id: CallID, startedAt: Date, hasAudio: Bool) {
            self.id = id
            self.startedAt = startedAt
            self.hasAudio = hasAudio
        }
    }

    public struct Decision: Sendable, Equatable {
        public var calls: [CallID] = []
        /// Calls of which only the recording goes.
        public var recordings: [CallID] = []
        /// The clock has jumped ahead since retention last ran: nothing goes until it has stood for an hour.
        public var waitsForClock = false

        public init(calls: [CallID] = [], recordings: [CallID] = [], waitsForClock: Bool = false) {
            self.calls = calls
            self.recordings = recordings
            self.waitsForClock = waitsForClock
        }
    }

    private static let day = 86_400.0
    /// A step this long between two runs is a machine that was off, or a clock gone wrong.
    private static let jump = 7 * day
    static let patience = 3_600.0

    /// Decides what has to go.
    ///
    /// Rule: a clock that jumped ahead by more than a week is believed only an hour later. Why: a wrong clock at boot would
    /// otherwise take out every call at once, and nothing brings them back. A clock set back takes nothing out early.
    /// - Parameters:
    ///   - lastRun: when retention last ran; nil the first time.
    ///   - jumpSeen: when a jump was noticed that is still being waited for; nil when none is.
    public func decide(_ candidates: [Candidate], now: Date, lastRun: Date?, jumpSeen: Date?) -> Decision {
        if let jumpSeen, now >= jumpSeen {
            if now.timeIntervalSince(jumpSeen) < Self.patience { return Decision(waitsForClock: true) }
        } else if let lastRun, now.timeIntervalSince(lastRun) > Self.jump {
            return Decision(waitsForClock: true)
        }
        var decision = Decision()
        for call in candidates {
            let age = now.timeIntervalSince(call.startedAt) / Self.day
            if age >= callDays {
                decision.calls.append(call.id)
            } else if call.hasAudio, age >= audioDays {
                decision.recordings.append(call.id)
            }
        }
        return decision
    }
}
