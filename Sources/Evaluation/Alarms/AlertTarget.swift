import Foundation

/// What a user can live with.
public enum AlertTarget: Sendable, Equatable {
    /// At most so many false alarms in an hour of people talking.
    case falseAlarmsPerHour(Double)
    /// At most so many false alerts a day, on so many calls of so many minutes (line time).
    case alertsPerDay(Double, callsPerDay: Double, meanCallSeconds: Double)
    /// The least expected cost a call, whatever the false alarms: costs and how many calls are synthetic.
    case costs(DetectionCosts)

    /// The false alarms in an hour of net speech that are allowed at most; nil where costs decide.
    ///
    /// A day has calls times minutes of line, of which `speechShare` is people talking.
    public func falseAlarmsPerHour(speechShare: Double) -> Double? {
        switch self {
        case .falseAlarmsPerHour(let rate): rate
        case .alertsPerDay(let alerts, let calls, let seconds): alerts / (calls * seconds / 3600 * speechShare)
        case .costs: nil
        }
    }

    /// What is wrong with the numbers, in one sentence; nil when they are a target.
    public var fault: String? {
        switch self {
        case .falseAlarmsPerHour(let rate):
            return rate > 0 && rate.isFinite ? nil : "--false-alarms-per-hour needs a number above 0"
        case .alertsPerDay(let alerts, let calls, let seconds):
            return [alerts, calls, seconds].allSatisfy { $0 > 0 && $0.isFinite }
                ? nil : "--alerts-per-day, --calls-per-day and --mean-call need numbers above 0"
        case .costs: return nil
        }
    }
}
