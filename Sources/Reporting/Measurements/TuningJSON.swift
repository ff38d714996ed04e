import Alerting
import Evaluation
import Text
import Tuning

/// The record of `falsetto tune --format json`, schema `falsetto.tuning/1`.
///
/// Rates are alarms an hour of net speech unless the name says otherwise, shares are fractions, thresholds natural logs with
/// positive meaning synthetic (the change test's sum is evidence, no LLR). `null` stands for what does not exist: a time that
/// is never, a bound without exposure, a class without calls.
///
/// - `schema`, `finding` (`set`, `noTarget`, `tooFewHours`, `tooManyAlarms`, `unreachable`, `catchesNothing`,
///   `neverAlertIsCheapest`), `says` (the same in words), `hoursMissing` (of people; null where no hours would help or none are needed)
/// - `warnings[]`: what a reader must not overlook, such as an operating point that alerts on many people
/// - `targetPerHour`, `model`, `modelIdentity`, `operatingPoint` (null where nothing is set; as in the analysis records)
/// - `recordings`: `human`, `synthetic`, `netSpeechHours`, `exposedHours`, `lineHours`, `speechShare`, `division` (`unit`,
///   `units`, `parts`, `unnamed` (calls that no column names the unit of), `crossValidated`)
/// - `promise`: `perHour`, `perLineHour`, `poissonPerHour`, `bootstrapPerHour`, `worstSourcePerHour`, `perCall`, `falseAlarms`,
///   `hours`, `calls`, `callsWithAlarm`, `speakers`, `sources`, `unnamedCalls` (counted as a speaker each), `sourcesNamed`
/// - `timeToAlert`: `wholeCall`, `midCall`, `all`, each `voices`, `alerted`, `neverShare`, `netSpeechMedian`, `netSpeech90`,
///   `lineMedian`, `line90`
/// - `precision[]`: `baseRate`, `counted`, `atLeast`
/// - `recalibration`: `kept`, `scale`, `offset`, `knots[]`, `candidates[]` (`form`, `cllr`, `difference`)
/// - `steps[]`, `heldOutSources[]`, `groups[]`, `others[]`
public enum TuningJSON {
    public static let schema = "falsetto.tuning/1"

    public static func record(_ result: TuningResult, model: String, modelIdentity: String) -> String {
        let promise = result.promise
        return JSONValue.object([
            ("schema", .string(schema)), ("finding", .string(word(result.finding))), ("says", .string(TuningWords.finding(result))),
            ("warnings", .array(TuningWords.warnings(result).map(JSONValue.string))),
            ("hoursMissing", JSONValue(hoursMissing(result.finding))), ("targetPerHour", JSONValue(result.targetPerHour)),
            ("model", .string(model)), ("modelIdentity", .string(modelIdentity)),
            ("operatingPoint", result.operatingPoint?.json ?? .null),
            (
                "recordings",
                .object([
                    ("human", .integer(result.human)), ("synthetic", .integer(result.synthetic)),
                    ("netSpeechHours", .number(result.netSpeechHours)), ("exposedHours", .number(result.exposedHours)),
                    ("lineHours", .number(result.lineHours)), ("speechShare", .number(result.speechShare)),
                    (
                        "division",
                        .object([
                            ("unit", .string(result.division.unit.rawValue)), ("units", .integer(result.division.units)),
                            ("parts", .integer(result.division.parts)), ("unnamed", .integer(result.division.unnamed)),
                            ("crossValidated", .bool(result.division.isCrossValidated)),
                        ])
                    ),
                ])
            ),
            (
                "promise",
                .object([
                    ("perHour", .number(promise.perHour)), ("perLineHour", .number(promise.perHour * result.speechShare)),
                    ("poissonPerHour", .number(promise.poissonBoundPerHour)), ("bootstrapPerHour", JSONValue(promise.bootstrapBoundPerHour)),
                    ("worstSourcePerHour", JSONValue(promise.worstSourcePerHour)), ("perCall", .number(promise.count.perCallBound)),
                    ("falseAlarms", .integer(promise.count.alarms)), ("hours", .number(promise.count.hours)),
                    ("calls", .integer(promise.count.calls)), ("callsWithAlarm", .integer(promise.count.callsWithAlarm)),
                    ("speakers", .integer(promise.speakers)), ("sources", .integer(promise.sources)),
                    ("unnamedCalls", .integer(promise.unnamedCalls)), ("sourcesNamed", .bool(promise.knowsSources)),
                ])
            ),
            (
                "timeToAlert",
                .object([("wholeCall", times(result.waits.wholeCall)), ("midCall", times(result.waits.midCall)), ("all", times(result.waits.all))])
            ),
            (
                "precision",
                .array(
                    result.precision.map {
                        .object([("baseRate", .number($0.baseRate)), ("counted", JSONValue($0.counted)), ("atLeast", JSONValue($0.atLeast))])
                    })
            ),
            ("humansCalledHuman", .number(result.humansCalledHuman)), ("syntheticsCalledHuman", .number(result.syntheticsCalledHuman)),
            ("recalibration", recalibration(result)), ("steps", .array(result.steps.map(step))),
            (
                "heldOutSources",
                .array(
                    promise.heldOut.sources.map {
                        .object([
                            ("source", .string($0.name)), ("hours", .number($0.hours)), ("falseAlarms", .integer($0.alarms)),
                            ("mostExpected", .integer($0.mostExpected)), ("inside", .bool($0.isInside)),
                        ])
                    })
            ),
            (
                "groups",
                .array(
                    result.groups.map {
                        .object([
                            ("column", .string($0.column)), ("value", .string($0.value)), ("hours", .number($0.hours)),
                            ("falseAlarms", .integer($0.falseAlarms)), ("voices", .integer($0.voices)), ("alerted", .integer($0.alerted)),
                        ])
                    })
            ),
            (
                "others",
                .array(
                    result.others.map {
                        .object([("label", .string($0.label.rawValue)), ("calls", .integer($0.legs)), ("alerted", .integer($0.legsWithAlert))])
                    })
            ),
        ]).pretty() + "\n"
    }

    private static func word(_ finding: TuningResult.Finding) -> String {
        switch finding {
        case .set: "set"
        case .noTarget: "noTarget"
        case .tooFewHours: "tooFewHours"
        case .tooManyAlarms: "tooManyAlarms"
        case .unreachable: "unreachable"
        case .catchesNothing: "catchesNothing"
        case .neverAlertIsCheapest: "neverAlertIsCheapest"
        }
    }

    private static func hoursMissing(_ finding: TuningResult.Finding) -> Double? {
        switch finding {
        case .tooFewHours(let have, let needed, _), .tooManyAlarms(_, let have, let needed, _): needed - have
        default: nil
        }
    }

    private static func times(_ time: TimeToAlert) -> JSONValue {
        .object([
            ("voices", .integer(time.voices)), ("alerted", .integer(time.alerted)), ("neverShare", .number(time.neverShare)),
            ("netSpeechMedian", JSONValue(time.medianNetSpeechSeconds)), ("netSpeech90", JSONValue(time.ninetiethNetSpeechSeconds)),
            ("lineMedian", JSONValue(time.medianLineSeconds)), ("line90", JSONValue(time.ninetiethLineSeconds)),
        ])
    }

    private static func recalibration(_ result: TuningResult) -> JSONValue {
        var (scale, offset, knots): (Double?, Double?, [Recalibration.Knot]) = (nil, nil, [])
        switch result.recalibration {
        case nil: break
        case .affine(let a, let b): (scale, offset) = (a, b)
        case .knots(let all): knots = all
        }
        return .object([
            ("kept", .string((result.recalibrationFit?.kept ?? .own).rawValue)), ("scale", JSONValue(scale)), ("offset", JSONValue(offset)),
            ("knots", .array(knots.map { .array([.number($0.from), .number($0.to)]) })),
            (
                "candidates",
                .array(
                    (result.recalibrationFit?.candidates ?? []).map {
                        .object([
                            ("form", .string($0.form.rawValue)), ("cllr", .number($0.cllr)),
                            ("difference", $0.difference.map { .array([.number($0.low), .number($0.high)]) } ?? .null),
                        ])
                    })
            ),
        ])
    }

    private static func step(_ step: TuningResult.Step) -> JSONValue {
        .object([
            ("windowLLR", .number(step.thresholds.window)), ("changeSum", JSONValue(step.thresholds.change?.sum)),
            ("changeDrift", JSONValue(step.thresholds.change?.drift)), ("legLLR", .number(step.thresholds.leg)),
            ("falseAlarms", .integer(step.falseAlarms)), ("promisedPerHour", .number(step.promisedPerHour)),
            ("caughtWholeCall", JSONValue(step.wholeCall)), ("caughtMidCall", JSONValue(step.midCall)), ("cost", JSONValue(step.cost)),
            ("chosen", .bool(step.isChosen)),
        ])
    }
}
