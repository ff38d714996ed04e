import Evaluation

/// What is promised of false alarms, and what it rests on.
///
/// The larger of two upper bounds, both one-sided at 95 %: the exact Poisson bound, and the bootstrap by speaker. Where fewer
/// than nine of ten held-out sources stay inside what that implies, the worst source's rate is promised instead.
public struct Promise: Sendable, Equatable {
    public var count: FalseAlarmCount
    public var poissonBoundPerHour: Double
    /// nil with fewer than two speakers.
    public var bootstrapBoundPerHour: Double?
    /// nil where the sources hold what the bounds promise.
    public var worstSourcePerHour: Double?
    public var heldOut: HeldOutSources
    public var speakers: Int
    public var sources: Int
    /// Calls that name neither speaker nor source, each counted as a speaker of its own.
    public var unnamedCalls: Int
    /// Whether any call names its source.
    public var knowsSources: Bool

    /// Alarms an hour of net speech.
    public var perHour: Double { max(poissonBoundPerHour, bootstrapBoundPerHour ?? 0, worstSourcePerHour ?? 0) }

    /// - Parameters:
    ///   - legs: human ones with their alarms and hours; copies of one recording share its name and count once, with the most
    ///     alarms and hours that any of them has.
    init(_ legs: [Exposure]) {
        var merged: [Exposure] = []
        var place: [String: Int] = [:]
        for leg in legs {
            if !leg.recording.isEmpty, let known = place[leg.recording] {
                merged[known].alarms = max(merged[known].alarms, leg.alarms)
                merged[known].hours = max(merged[known].hours, leg.hours)
            } else {
                if !leg.recording.isEmpty { place[leg.recording] = merged.count }
                merged.append(leg)
            }
        }
        count = FalseAlarmCount(
            alarms: merged.reduce(0) { $0 + $1.alarms }, hours: merged.reduce(0) { $0 + $1.hours }, calls: merged.count,
            callsWithAlarm: merged.count { $0.alarms > 0 })
        func units(_ name: (Exposure) -> String) -> [String: FalseAlarmCount.Unit] {
            merged.reduce(into: [:]) { units, leg in
                units[name(leg), default: .init(alarms: 0, hours: 0)].alarms += leg.alarms
                units[name(leg)]!.hours += leg.hours
            }
        }
        let bySpeaker = units(\.voice)
        let bySource = units(\.source)
        poissonBoundPerHour = count.poissonBoundPerHour
        // Sorted: a dictionary's order differs from run to run, and a seed's draws must not.
        bootstrapBoundPerHour = FalseAlarmCount.bootstrapBoundPerHour(bySpeaker.sorted { $0.key < $1.key }.map(\.value))
        speakers = bySpeaker.count
        sources = bySource.count
        let bound = max(poissonBoundPerHour, bootstrapBoundPerHour ?? 0)
        knowsSources = bySource.keys.contains { !$0.isEmpty }
        unnamedCalls = merged.count { !$0.isNamed }
        heldOut = HeldOutSources(knowsSources ? bySource : [:], promise: bound)
        if !heldOut.hold, let worst = heldOut.worstPerHour, worst > bound { worstSourcePerHour = worst }
    }

    /// One human leg: what it is, how long an alarm was possible on it, and how many there were.
    struct Exposure {
        /// The speaker; where unknown the source, where that is unknown too the leg itself.
        var voice: String
        /// The voice is a speaker, or a source's one unnamed speaker; else the leg stands for it.
        var isNamed = true
        var source: String
        var recording: String
        var hours: Double
        var alarms: Int
    }
}
