import Evaluation

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

    /// Those outside their range first, then by alarms an hour, then by hours.
    public var sources: [Source]
    /// The highest rate of a source with at least `leastHours`, or of all smaller ones together; nil without exposure.
    public var worstPerHour: Double?

    /// A rate on less than this says nothing: one alarm in a minute would be sixty an hour.
    public static let leastHours = 0.05

    /// - Parameters:
    ///   - counts: alarms and hours by source.
    ///   - perHour: the promise.
    public init(_ counts: [String: FalseAlarmCount.Unit], promise perHour: Double) {
        var rates: [Double] = []
        var small = FalseAlarmCount.Unit(alarms: 0, hours: 0)
        sources = counts.filter { $1.hours > 0 || $1.alarms > 0 }.map { name, unit in
            if unit.hours >= Self.leastHours {
                rates.append(Double(unit.alarms) / unit.hours)
            } else {
                small.alarms += unit.alarms
                small.hours += unit.hours
            }
            return Source(
                name: name.isEmpty ? "(unknown)" : name, hours: unit.hours, alarms: unit.alarms,
                mostExpected: ExactBounds.poissonQuantile(0.95, mean: perHour * unit.hours))
        }.sorted { first, second in
            if first.isInside != second.isInside { return second.isInside }
            if first.perHour != second.perHour { return first.perHour > second.perHour }
            return first.hours != second.hours ? first.hours > second.hours : first.name < second.name
        }
        if small.hours > 0 { rates.append(Double(small.alarms) / small.hours) }
        worstPerHour = rates.max()
    }

    public var inside: Int { sources.count(where: \.isInside) }
    /// Whether the promise holds for at least nine of ten sources.
    public var hold: Bool { inside * 10 >= sources.count * 9 }
}
