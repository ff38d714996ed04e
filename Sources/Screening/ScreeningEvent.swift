import Alerting

/// What the screener says while it listens; a recording and a live call give the same events.
public enum ScreeningEvent: Sendable, Equatable {
    /// One more hop of the score track.
    case hop(HopScore)
    /// What the judge did at the hop before.
    case action(LegJudge.Action)
}
