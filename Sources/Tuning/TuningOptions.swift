import Alerting
import Evaluation

/// What `Tuning` is to find, and how.
public struct TuningOptions: Sendable {
    /// nil: nothing is set, only what the recordings would support is worked out.
    public var target: AlertTarget?
    /// Everything that tuning does not choose: the window's length, the minimum of net speech, how an alert ends.
    public var base: OperatingPoint
    /// What is held together when the recordings are divided; nil for the coarsest that the recordings allow.
    public var unit: DataDivision.Unit?
    /// Net speech for each second of line, 0...1; nil for what the human legs have.
    public var speechShare: Double?
    /// Shares of calls with a synthetic voice at which precision is stated.
    public var baseRates: [Double]
    /// Whether the model's calibration may be corrected.
    public var recalibrates: Bool
    /// The name of the operating point.
    public var name: String
    /// What was listened to, in one sentence; counts are added to it.
    public var description: String

    public init(
        target: AlertTarget?, base: OperatingPoint = .provisional, unit: DataDivision.Unit? = nil, speechShare: Double? = nil,
        baseRates: [Double] = [0.001, 0.01, 0.1], recalibrates: Bool = true, name: String = "tuned", description: String = "recordings"
    ) {
        self.target = target
        self.base = base
        self.unit = unit
        self.speechShare = speechShare
        self.baseRates = baseRates
        self.recalibrates = recalibrates
        self.name = name
        self.description = description
    }
}
