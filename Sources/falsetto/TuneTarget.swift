import ArgumentParser
import Evaluation

/// What the user can live with: one of three ways to say it, or none.
struct TuneTarget: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many false alarms in an hour of people talking.", valueName: "number"))
    var falseAlarmsPerHour: Double?

    @Option(help: ArgumentHelp("At most so many false alerts a day; with --calls-per-day and --mean-call.", valueName: "number"))
    var alertsPerDay: Double?

    @Option(help: ArgumentHelp("Calls a day.", valueName: "number"))
    var callsPerDay: Double?

    @Option(help: ArgumentHelp("How long a call lasts on average: 4m, 240s or 1h.", valueName: "time"))
    var meanCall: CallLength?

    @Option(help: ArgumentHelp("The share of calls with a synthetic voice: for costs, and to state precision at.", valueName: "share"))
    var prior: Double?

    @Option(help: ArgumentHelp("What a missed synthetic call costs; with --prior, the least cost decides.", valueName: "number"))
    var costMiss: Double?

    @Option(help: ArgumentHelp("What a false alarm costs, in the same unit.", valueName: "number"))
    var costFalseAlarm: Double?

    func validate() throws {
        let daily = [alertsPerDay != nil, callsPerDay != nil, meanCall != nil]
        if daily.contains(true), daily.contains(false) {
            throw ValidationError("--alerts-per-day, --calls-per-day and --mean-call go together.")
        }
        let costs = costMiss != nil || costFalseAlarm != nil
        if costs, prior == nil { throw ValidationError("--cost-miss and --cost-false-alarm need --prior.") }
        if [falseAlarmsPerHour != nil, daily[0], costs].filter(\.self).count > 1 {
            throw ValidationError("Give one target: --false-alarms-per-hour, or --alerts-per-day with its two, or costs with --prior.")
        }
        if let prior, !(prior > 0 && prior < 1) { throw ValidationError("--prior needs a share between 0 and 1.") }
        for cost in [costMiss, costFalseAlarm].compactMap(\.self) where !(cost > 0 && cost.isFinite) {
            throw ValidationError("A cost needs a number above 0.")
        }
        if let fault = try target()?.fault { throw ValidationError(fault + ".") }
    }

    func target() throws -> AlertTarget? {
        if let falseAlarmsPerHour { return .falseAlarmsPerHour(falseAlarmsPerHour) }
        if let alertsPerDay, let callsPerDay, let meanCall {
            return .alertsPerDay(alertsPerDay, callsPerDay: callsPerDay, meanCallSeconds: meanCall.seconds)
        }
        if let prior, costMiss != nil || costFalseAlarm != nil {
            return .costs(DetectionCosts(syntheticPrior: prior, falseAlarmCost: costFalseAlarm ?? 1, missCost: costMiss ?? 10))
        }
        return nil
    }
}

/// A length of time as people write it: `4m`, `240s`, `1h`, or seconds.
struct CallLength: ExpressibleByArgument {
    var seconds: Double

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number > 0, number.isFinite else { return nil }
        seconds = number * (unit ?? 1)
    }
}
