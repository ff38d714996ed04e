import Alerting
import Evaluation
import Policies

/// What `Tuning` found.
public struct TuningResult: Sendable {
    /// Whether there is an operating point, and if not, why and what would help.
    public enum Finding: Sendable, Equatable {
        case set
        /// Nothing was asked for; what the recordings support stands in `steps`.
        case noTarget
        /// Even without a single alarm so few hours bound no less than `bestPerHour`.
        case tooFewHours(have: Double, needed: Double, bestPerHour: Double)
        /// The strictest thresholds still showed alarms; at the rate they came so many hours would show that the target holds.
        case tooManyAlarms(alarms: Int, have: Double, needed: Double, promisedPerHour: Double)
        /// Alarms come more often than the target even at the strictest thresholds: no number of hours would do.
        case unreachable(alarms: Int, have: Double, promisedPerHour: Double)
        /// Every threshold that keeps the target catches no synthetic voice.
        case catchesNothing
        /// At these costs and this base rate, never to alert is cheapest.
        case neverAlertIsCheapest(cost: Double)
    }

    /// What one step from strict to lenient would give, measured on legs that it was not chosen on.
    public struct Step: Sendable, Equatable {
        public var thresholds: Thresholds
        public var falseAlarms: Int
        /// Alarms an hour of net speech.
        public var promisedPerHour: Double
        /// Shares of synthetic voices that reach an alert; nil without such voices.
        public var wholeCall: Double?
        public var midCall: Double?
        /// Expected cost of a call, where costs decide.
        public var cost: Double?
        public var isChosen: Bool
    }

    /// How long synthetic voices talked before they were alerted.
    public struct Waits: Sendable, Equatable {
        /// The voice spoke from the start of the call.
        public var wholeCall: TimeToAlert
        /// It followed a person.
        public var midCall: TimeToAlert
        public var all: TimeToAlert
    }

    /// Precision where so many of a hundred calls are synthetic.
    public struct Precision: Sendable, Equatable {
        public var baseRate: Double
        /// With false alarms a call as counted; nil where nothing was ever alerted.
        public var counted: Double?
        /// With the upper bound of false alarms a call.
        public var atLeast: Double?
    }

    public var finding: Finding
    public var target: AlertTarget?
    public var targetPerHour: Double?
    /// Set exactly when `finding` is `.set`; measured.
    public var operatingPoint: OperatingPoint?
    public var recalibration: Recalibration?
    public var recalibrationFit: RecalibrationFit?
    /// Of the step that was chosen, or of the strictest one where none was.
    public var promise: Promise
    public var division: DataDivision
    /// Recordings in numbers; cross-validated, both are all of them.
    public var chosenOn: Policy.Part
    public var measuredOn: Policy.Part
    /// Legs by class.
    public var human: Int
    public var synthetic: Int
    public var netSpeechHours: Double
    /// The part of it in which an alarm could be raised.
    public var exposedHours: Double
    public var lineHours: Double
    public var speechShare: Double
    public var waits: Waits
    public var precision: [Precision]
    /// Share of the human legs, and of the synthetic ones, that are called human at the end.
    public var humansCalledHuman: Double
    public var syntheticsCalledHuman: Double
    public var steps: [Step]
    public var groups: [GroupAlarms]
    public var others: [OtherAlarms]
    /// Trials for DET, ROC and histograms: one a leg, its strongest `windowLLR` the score.
    public var strongestWindows: TrialTable
    /// The same with the leg's `llr`, corrected if the correction is kept.
    public var legLLRs: TrialTable
    /// How the people that were measured scored; nil where they were too few in every band.
    public var peopleScores: PeopleScores?

    /// False alarms and missed voices of the legs that share one value of a column.
    public struct GroupAlarms: Sendable, Equatable {
        public var column: String
        public var value: String
        public var hours: Double
        public var falseAlarms: Int
        public var voices: Int
        public var alerted: Int
        /// nil with less than `HeldOutSources.leastHours`.
        public var perHour: Double? { hours >= HeldOutSources.leastHours ? Double(falseAlarms) / hours : nil }
        public var neverShare: Double? { voices > 0 ? 1 - Double(alerted) / Double(voices) : nil }
    }

    /// Legs that are neither people as they are nor synthetic, at the thresholds that ship.
    public struct OtherAlarms: Sendable, Equatable {
        public var label: Trial.Label
        public var legs: Int
        public var legsWithAlert: Int
    }
}
