import Evaluation
import Text

/// The records of `falsetto evaluate --format json`, schema `falsetto.evaluation/1`.
///
/// Rates are fractions, scores and thresholds natural logs with positive meaning synthetic, Cllr bits. `null` stands for
/// a figure that does not exist (no trial of the class), for an infinite one (`cllr` with unscored trials) and for the
/// threshold that flags nothing.
///
/// - `schema`, `title`, `trials`
/// - `polarity` of the file the scores were read from, null where the program scored the recordings: `higherIs` (`human`,
///   `synthetic`), `ground` (`told`, `own`, `guessed`), `turned`, `asRead` and `otherWay` (EERs that a guess was made on)
/// - `pooled`: `eer`, `eerInterval` ([low, high] or null; every figure of `Figure` has one), `eerThreshold`, `eerROCCH`,
///   `minDCF`, `minDCFThreshold`, `actDCF`, `cllr`, `minCllr`, `calibrationLoss`, the three again `ScoredOnly`,
///   `detectionAt1`, `detectionAt1Threshold`, `detectionAt1FalseAlarmRate`, the three again `At5`, `auc`
/// - `human`, `synthetic`: `trials`, `unscored`, `unscoredShare`, `saidHuman`, `saidSynthetic`, `inconclusive`,
///   `inconclusiveShare` (the last four null where no trial has an outcome)
/// - `costs`: `syntheticPrior`, `falseAlarmCost`, `missCost`, `bayesThreshold`
/// - `confidence`: `level`, `draws`, `seed`, `unit` (`source` or `trial`), `units`, `redrawn` (draws that lacked a class
///   and were drawn anew; null when no interval could be made)
/// - `nulls[]`: `column`, `eer`, `eerInterval`, `higherIsSynthetic`, `human`, `synthetic`, `left`
/// - `worst`: `minimumTrials`, `humanAtEER`, `humanAt5`, `syntheticAtEER`, `syntheticAt5`, each null or `column`, `value`,
///   `trials`, `rate`
/// - `thresholds`: `eer` and `falseAlarms5`, each `threshold`, `falseAlarmRate`, `missRate`
/// - `otherLabels[]`: `label`, `trials`, `unscored`, `flaggedAtEER`, `flaggedAt5`
/// - `groups[]`: `column`, `value`, `human`, `humanUnscored`, `synthetic`, `syntheticUnscored`, `falseAlarmRateAtEER`,
///   `falseAlarmRateAt5`, `missRateAtEER`, `missRateAt5`, `eer`, `eerAgainst` (`own`, `allHuman`, `allSynthetic`)
///
/// A headline record is that of all headline trials with `headline`: `set` (`dev` or `dev2`), `generatorUnseen` and
/// `generatorAndSpeakerUnseen`, each such a record without `schema`. A comparison has schema `falsetto.comparison/1`: `first`, `second`, `trials`,
/// `human`, `synthetic`, `firstPolarity`, `secondPolarity`, `verdict`, `differences[]` (`figure`, `first`, `second`, `difference`,
/// `interval`, `better`: `first`, `second` or null), `confidence`.
public enum EvaluationJSON {
    public static let schema = "falsetto.evaluation/1"
    public static let comparisonSchema = "falsetto.comparison/1"

    public static func record(_ report: EvaluationReport) -> String {
        JSONValue.object([("schema", .string(schema))] + members(report)).pretty() + "\n"
    }

    public static func record(_ headline: HeadlineReport) -> String {
        let parts: JSONValue = .object([
            ("set", .string(headline.name.rawValue)), ("generatorUnseen", .object(members(headline.generatorUnseen))),
            ("generatorAndSpeakerUnseen", .object(members(headline.generatorAndSpeakerUnseen))),
        ])
        return JSONValue.object([("schema", .string(schema))] + members(headline.all) + [("headline", parts)])
            .pretty() + "\n"
    }

    public static func record(_ comparison: PairedComparison) -> String {
        JSONValue.object([
            ("schema", .string(comparisonSchema)), ("first", .string(comparison.firstName)),
            ("second", .string(comparison.secondName)), ("trials", .string(comparison.trials)),
            ("human", .integer(comparison.humanTrials)), ("synthetic", .integer(comparison.syntheticTrials)),
            ("firstPolarity", polarity(comparison.firstPolarity)), ("secondPolarity", polarity(comparison.secondPolarity)),
            ("verdict", .string(comparison.verdict)),
            (
                "differences",
                .array(
                    comparison.differences.map {
                        .object([
                            ("figure", .string($0.figure.rawValue)), ("first", .init($0.first)), ("second", .init($0.second)),
                            ("difference", .init($0.difference)), ("interval", interval($0.interval)),
                            ("better", $0.better.map { .string($0.rawValue) } ?? .null),
                        ])
                    })
            ),
            ("confidence", confidence(comparison.confidence, comparison.resampling)),
        ]).pretty() + "\n"
    }

    private static func members(_ report: EvaluationReport) -> [(key: String, value: JSONValue)] {
        let costs = report.options.costs
        return [
            ("title", .string(report.title)), ("trials", .string(report.trials)),
            ("polarity", polarity(report.polarity)), ("pooled", pooled(report)), ("human", shares(report.human)),
            ("synthetic", shares(report.synthetic)),
            (
                "costs",
                .object([
                    ("syntheticPrior", .init(costs.syntheticPrior)), ("falseAlarmCost", .init(costs.falseAlarmCost)),
                    ("missCost", .init(costs.missCost)), ("bayesThreshold", .init(costs.bayesThreshold)),
                ])
            ),
            ("confidence", confidence(report.confidence, report.options.resampling)),
            (
                "nulls",
                .array(
                    report.nulls.map {
                        .object([
                            ("column", .string($0.column)), ("eer", .init($0.eer)), ("eerInterval", interval($0.interval)),
                            ("higherIsSynthetic", .bool($0.higherIsSynthetic)), ("human", .integer($0.human)),
                            ("synthetic", .integer($0.synthetic)), ("left", .integer($0.left)),
                        ])
                    })
            ),
            (
                "worst",
                .object([
                    ("minimumTrials", .integer(report.options.worstGroupTrials)), ("humanAtEER", worst(report.worst.humanAtEER)),
                    ("humanAt5", worst(report.worst.humanAt5)), ("syntheticAtEER", worst(report.worst.syntheticAtEER)),
                    ("syntheticAt5", worst(report.worst.syntheticAt5)),
                ])
            ),
            ("thresholds", .object([("eer", point(report.thresholds.eer)), ("falseAlarms5", point(report.thresholds.falseAlarms5))])),
            (
                "otherLabels",
                .array(
                    report.others.map {
                        .object([
                            ("label", .string($0.label.rawValue)), ("trials", .integer($0.shares.trials)),
                            ("unscored", .integer($0.shares.unscored)), ("flaggedAtEER", .init($0.flaggedAtEER)),
                            ("flaggedAt5", .init($0.flaggedAt5)),
                        ])
                    })
            ),
            ("groups", .array(report.groups.map(group))),
        ]
    }

    private static func pooled(_ report: EvaluationReport) -> JSONValue {
        let figures = report.pooled
        func withInterval(_ figure: Figure) -> [(key: String, value: JSONValue)] {
            [(figure.rawValue, .init(figures[figure])), (figure.rawValue + "Interval", interval(report.intervals[figure]))]
        }
        var members = withInterval(.eer)
        members.append(("eerThreshold", .init(figures.eerThreshold)))
        members += withInterval(.eerROCCH) + withInterval(.minDCF)
        members.append(("minDCFThreshold", .init(figures.minDCFThreshold)))
        members += withInterval(.actDCF) + withInterval(.cllr) + withInterval(.minCllr)
        members.append(("calibrationLoss", .init(figures.calibrationLoss)))
        members += withInterval(.cllrScoredOnly)
        members.append(("minCllrScoredOnly", .init(figures.minCllrScoredOnly)))
        members.append(("calibrationLossScoredOnly", .init(figures.calibrationLossScoredOnly)))
        members += withInterval(.detectionAt1)
        members.append(("detectionAt1Threshold", .init(figures.detectionAt1Threshold)))
        members.append(("detectionAt1FalseAlarmRate", .init(figures.detectionAt1FalseAlarmRate)))
        members += withInterval(.detectionAt5)
        members.append(("detectionAt5Threshold", .init(figures.detectionAt5Threshold)))
        members.append(("detectionAt5FalseAlarmRate", .init(figures.detectionAt5FalseAlarmRate)))
        return .object(members + withInterval(.auc))
    }

    private static func interval(_ interval: Interval?) -> JSONValue {
        interval.map { .array([.init($0.low), .init($0.high)]) } ?? .null
    }

    private static func polarity(_ polarity: ScorePolarity?) -> JSONValue {
        polarity.map {
            .object([
                ("higherIs", .string($0.higherIs.rawValue)), ("ground", .string($0.ground.rawValue)), ("turned", .bool($0.higherIs == .human)),
                ("asRead", .init($0.eer)), ("otherWay", .init($0.otherEER)),
            ])
        } ?? .null
    }

    private static func shares(_ shares: ClassShares) -> JSONValue {
        func outcome(_ value: JSONValue) -> JSONValue { shares.hasOutcomes ? value : .null }
        return .object([
            ("trials", .integer(shares.trials)), ("unscored", .integer(shares.unscored)),
            ("unscoredShare", .init(shares.share(shares.unscored))), ("saidHuman", outcome(.integer(shares.saidHuman))),
            ("saidSynthetic", outcome(.integer(shares.saidSynthetic))), ("inconclusive", outcome(.integer(shares.inconclusive))),
            ("inconclusiveShare", outcome(.init(shares.share(shares.inconclusive)))),
        ])
    }

    private static func confidence(
        _ confidence: EvaluationReport.Confidence, _ options: SourceResampling.Options
    ) -> JSONValue {
        .object([
            ("level", .init(options.level)), ("draws", .integer(options.draws)), ("seed", .string("\(options.seed)")),
            ("unit", .string(confidence.unit)), ("units", .integer(confidence.units)),
            ("redrawn", confidence.redrawn.map { .integer($0) } ?? .null),
        ])
    }

    private static func worst(_ worst: WorstGroup?) -> JSONValue {
        worst.map {
            .object([("column", .string($0.column)), ("value", .string($0.value)), ("trials", .integer($0.trials)), ("rate", .init($0.rate))])
        } ?? .null
    }

    private static func point(_ point: CurvePoint) -> JSONValue {
        .object([
            ("threshold", .init(point.threshold)), ("falseAlarmRate", .init(point.falseAlarmRate)),
            ("missRate", .init(point.missRate)),
        ])
    }

    private static func group(_ group: GroupFigures) -> JSONValue {
        .object([
            ("column", .string(group.column)), ("value", .string(group.value)), ("human", .integer(group.human.trials)),
            ("humanUnscored", .integer(group.human.unscored)), ("synthetic", .integer(group.synthetic.trials)),
            ("syntheticUnscored", .integer(group.synthetic.unscored)), ("falseAlarmRateAtEER", .init(group.falseAlarmRateAtEER)),
            ("falseAlarmRateAt5", .init(group.falseAlarmRateAt5)), ("missRateAtEER", .init(group.missRateAtEER)),
            ("missRateAt5", .init(group.missRateAt5)), ("eer", .init(group.eer)), ("eerAgainst", .string(group.opponents.rawValue)),
        ])
    }
}
