import Alerting

/// What the screener says while it listens; a recording and a live call give the same events.
public enum ScreeningEvent: Sendable, Equatable {
    /// One more hop of the score track.
    case hop(HopScore)
    case alertRaised(Alert)
    /// The same alert, complete with where it ended.
    case alertEnded(Alert)
}
