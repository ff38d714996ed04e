import Alerting
import Audio
import Calls
import Capture
import Foundation
import Reporting
import Screening
import Store

/// What the screening thread hands on, in order: to storing, and to whoever prints or draws.
public enum MonitorItem: Sendable {
    case began(CallStart, CallEvent)
    /// What the screener said of a screened leg, counted from 0 among those.
    case screened(ScreeningEvent, leg: Int, CallEvent)
    /// A stretch of a leg without sound, complete.
    case gap(Mark, leg: Int, CallEvent)
    case mark(Mark, leg: Int, CallEvent)
    /// What a leg heard, for a call that keeps its sound.
    case sound(AudioRecord, leg: Int, call: CallID)
    case ended([LegResult], sampleCounts: [Int], CallEvent)
    /// What belongs to no call, or to none of its legs.
    case note(CallEvent)

    /// What a person should know, outside any call.
    public static func notice(_ words: String) -> MonitorItem {
        .note(CallEvent(id: EventID.random().text, call: nil, at: Date(), kind: .notice(words)))
    }

    /// The event that is printed, drawn and sent; none for sound.
    public var event: CallEvent? {
        switch self {
        case .began(_, let event), .screened(_, _, let event), .gap(_, _, let event), .mark(_, _, let event), .ended(_, _, let event),
            .note(let event):
            event
        case .sound: nil
        }
    }

    /// Whether a queue that is full may leave it out: only what comes many times a second.
    package var mayBeDropped: Bool {
        switch self {
        case .sound: true
        case .screened(.hop, _, _): true
        default: false
        }
    }
}

extension Mark.Kind {
    init(_ cause: GapCause) {
        self =
            switch cause {
            case .overrun, .suspended: .overrun
            case .dropped: .dropped
            case .deviceGone: .deviceGone
            case .noData: .noData
            case .paused: .paused
            }
    }
}
