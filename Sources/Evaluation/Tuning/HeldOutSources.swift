/// The promise held against what each source showed: a source whose alarms were counted with thresholds that never saw it.
public struct HeldOutSources: Sendable, Equatable {
    public struct Source: Sendable, Equatable {
        public var name: String
        public var hours: Double
        public var alarms: Int
        /// The most alarms that the promise leaves likely in so many hours: the 95 % quantile of Poisson.
        public var mostExpected: Int

        public var isInside: Bool { alarms <= mostExpected }
        public var perHour: Double { Double(alarms) / hours }
    }

    /// Sources with at least `leastHours`, most alarms an hour first; the smaller ones are counted together as one.
    public var sources: [Source]

    /// A rate on less than this says nothing: one alarm in a minute would be sixty an hour.
    public static let leastHours = 0.05

    /// - Parameters:
    ///   - counts: alarms and hours by source.
    ///   - perHour: the promise.
    public init(_ counts: [String: FalseAlarmCount.Unit], promise perHour: Double) {
        var rows: [(String, FalseAlarmCount.Unit)] = []
        var small = FalseAlarmCount.Unit(alarms: 0, hours: 0)
        var smallCount = 0
        for (name, unit) in counts where unit.hours > 0 || unit.alarms > 0 {
            if unit.hours >= Self.leastHours {
                rows.append((name.isEmpty ? "(unknown)" : name, unit))
            } else {
                small.alarms += unit.alarms
                small.hours += unit.hours
                smallCount += 1
            }
        }
        if smallCount > 0 { rows.append(("\(smallCount) sources of less than 3 min", small)) }
        sources = rows.map { name, unit in
            Source(
                name: name, hours: unit.hours, alarms: unit.alarms,
                mostExpected: ExactBounds.poissonQuantile(0.95, mean: perHour * unit.hours))
        }.sorted { $0.perHour != $1.perHour ? $0.perHour > $1.perHour : $0.name < $1.name }
    }

    public var inside: Int { sources.count(where: \.isInside) }
    /// Whether the promise holds for at least nine of ten sources.
    public var hold: Bool { inside * 10 >= sources.count * 9 }
    /// The highest rate of a source; nil without sources.
    public var worstPerHour: Double? { sources.first?.perHour }
}
