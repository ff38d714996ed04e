/// Two thresholds of the pooled trials, at which groups are compared.
public struct PooledThresholds: Sendable, Equatable {
    /// The threshold of the pooled EER.
    public var eer: CurvePoint
    /// The lowest threshold with a pooled P_fa of at most 0.05.
    public var falseAlarms5: CurvePoint

    init(_ bins: ScoreBins, figures: Figures) {
        let curve = bins.curve
        eer = curve.first { $0.threshold == figures.eerThreshold }!
        falseAlarms5 = curve.first { $0.falseAlarmRate <= 0.05 }!
    }
}

/// Error rates of the trials that share one value of one column.
public struct GroupFigures: Sendable, Equatable {
    /// Which trials a group's EER is worked out on.
    public enum Opponents: String, Sendable, Codable {
        /// Both classes of the group itself.
        case own
        /// The group's synthetic trials against all human trials of the table.
        case allHuman
        /// The group's human trials against all synthetic trials of the table.
        case allSynthetic
    }

    public var column: String
    public var value: String
    public var human: ClassShares
    public var synthetic: ClassShares
    /// Rates at the two pooled thresholds, fractions; nil where the group has no trial of the class.
    public var falseAlarmRateAtEER: Double?
    public var falseAlarmRateAt5: Double?
    public var missRateAtEER: Double?
    public var missRateAt5: Double?
    public var eer: Double
    public var opponents: Opponents
}

/// The worst group of a class with enough trials.
public struct WorstGroup: Sendable, Equatable {
    public var column: String
    public var value: String
    public var trials: Int
    /// A fraction: false-alarm rate of a human group, miss rate of a synthetic one.
    public var rate: Double
}

/// The worst groups over all columns, each with at least `EvaluationOptions.worstGroupTrials` trials of the class; nil
/// where there is none.
public struct WorstGroups: Sendable, Equatable {
    /// Highest false-alarm rate at the pooled EER threshold.
    public var humanAtEER: WorstGroup?
    /// Highest false-alarm rate at the threshold of 5 % pooled false alarms.
    public var humanAt5: WorstGroup?
    /// Highest miss rate at the pooled EER threshold.
    public var syntheticAtEER: WorstGroup?
    /// Highest miss rate at the threshold of 5 % pooled false alarms.
    public var syntheticAt5: WorstGroup?

    init(_ groups: [GroupFigures], atLeast minimum: Int) {
        func worst(_ shares: KeyPath<GroupFigures, ClassShares>, _ rate: KeyPath<GroupFigures, Double?>) -> WorstGroup? {
            var worst: WorstGroup?
            for group in groups where group[keyPath: shares].trials >= minimum {
                guard let value = group[keyPath: rate], value > worst?.rate ?? -1 else { continue }
                worst = WorstGroup(
                    column: group.column, value: group.value, trials: group[keyPath: shares].trials, rate: value)
            }
            return worst
        }
        humanAtEER = worst(\.human, \.falseAlarmRateAtEER)
        humanAt5 = worst(\.human, \.falseAlarmRateAt5)
        syntheticAtEER = worst(\.synthetic, \.missRateAtEER)
        syntheticAt5 = worst(\.synthetic, \.missRateAt5)
    }
}

extension GroupFigures {
    /// The larger of the two rates at the pooled EER threshold, of the classes with at least `minimum` trials; nil when
    /// neither has as many.
    public func worstRate(atLeast minimum: Int) -> Double? {
        let flagged = human.trials >= minimum ? falseAlarmRateAtEER : nil
        let missed = synthetic.trials >= minimum ? missRateAtEER : nil
        return flagged == nil && missed == nil ? nil : max(flagged ?? 0, missed ?? 0)
    }

    /// The groups of one column, worst first; those too small to say come last, by name.
    ///
    /// A trial whose field is empty belongs to no group.
    static func groups(
        by column: String, of trials: [Trial], pooled: ScoreBins, thresholds: PooledThresholds, atLeast minimum: Int
    ) -> [GroupFigures] {
        var members: [String: [Trial]] = [:]
        for trial in trials {
            if let value = trial.groups[column] { members[value, default: []].append(trial) }
        }
        var groups: [GroupFigures] = []
        for (value, members) in members {
            let human = members.filter { $0.label == .human }
            let synthetic = members.filter { $0.label == .synthetic }
            let own = RankedTrials(members).bins
            let opponents: Opponents = human.isEmpty ? .allHuman : synthetic.isEmpty ? .allSynthetic : .own
            groups.append(
                GroupFigures(
                    column: column, value: value, human: ClassShares(human), synthetic: ClassShares(synthetic),
                    falseAlarmRateAtEER: human.isEmpty ? nil : own.falseAlarmRate(at: thresholds.eer.threshold),
                    falseAlarmRateAt5: human.isEmpty ? nil : own.falseAlarmRate(at: thresholds.falseAlarms5.threshold),
                    missRateAtEER: synthetic.isEmpty ? nil : own.missRate(at: thresholds.eer.threshold),
                    missRateAt5: synthetic.isEmpty ? nil : own.missRate(at: thresholds.falseAlarms5.threshold),
                    eer: Figures.equalErrorRate(own.with(pooled, for: opponents)), opponents: opponents))
        }
        return groups.sorted {
            let first = $0.worstRate(atLeast: minimum) ?? -1
            let second = $1.worstRate(atLeast: minimum) ?? -1
            return first != second ? first > second : $0.value < $1.value
        }
    }
}

extension ScoreBins {
    /// The group's bins with the missing class of the whole table added.
    fileprivate func with(_ pooled: ScoreBins, for opponents: GroupFigures.Opponents) -> ScoreBins {
        func expanded(_ bins: ScoreBins, _ counts: [Int]) -> [Double] {
            zip(bins.scores, counts).flatMap { Array(repeating: $0, count: $1) }
        }
        switch opponents {
        case .own: return self
        case .allHuman: return ScoreBins(human: expanded(pooled, pooled.human), synthetic: expanded(self, synthetic))
        case .allSynthetic: return ScoreBins(human: expanded(self, human), synthetic: expanded(pooled, pooled.synthetic))
        }
    }
}

/// Trials that are neither a person's plain recording nor synthetic, kept out of every pooled figure.
public struct OtherLabelFigures: Sendable, Equatable {
    public var label: Trial.Label
    public var shares: ClassShares
    /// The share of all of them that is flagged at the two pooled thresholds; an unscored one is not flagged.
    public var flaggedAtEER: Double
    public var flaggedAt5: Double

    static func all(in table: TrialTable, thresholds: PooledThresholds) -> [OtherLabelFigures] {
        [Trial.Label.enhanced, .nonspeech].compactMap { label in
            let trials = table.trials.filter { $0.label == label }
            guard !trials.isEmpty else { return nil }
            func flagged(_ threshold: Double) -> Double {
                Double(trials.count { ($0.score ?? -.infinity) >= threshold }) / Double(trials.count)
            }
            return OtherLabelFigures(
                label: label, shares: ClassShares(trials), flaggedAtEER: flagged(thresholds.eer.threshold),
                flaggedAt5: flagged(thresholds.falseAlarms5.threshold))
        }
    }
}
