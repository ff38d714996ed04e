/// What a purge took out.
public struct Purged: Sendable, Equatable {
    public var calls: [CallID] = []
    public var recordings: [CallID] = []
    /// Messages that no sink had acknowledged yet and that went with their calls.
    public var undelivered = 0
    /// The clock jumped ahead, so nothing was taken out yet.
    public var waitsForClock = false

    public init(calls: [CallID] = [], recordings: [CallID] = [], undelivered: Int = 0, waitsForClock: Bool = false) {
        self.calls = calls
        self.recordings = recordings
        self.undelivered = undelivered
        self.waitsForClock = waitsForClock
    }
}
