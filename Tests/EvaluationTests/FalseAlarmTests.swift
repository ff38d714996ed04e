import Testing

@testable import Evaluation

@Suite struct FalseAlarmTests {
    /// `python -c "from scipy.stats import poisson; print(poisson.ppf(level, mean))"`
    @Test(arguments: [
        (0.95, 0.01, 0), (0.95, 0.2, 1), (0.95, 1.0, 3), (0.95, 3.5, 7), (0.975, 3.5, 8), (0.95, 250.3, 277), (0.025, 12.0, 6), (0.95, 0.0, 0),
    ])
    func `Poisson quantiles equal scipy's`(_ level: Double, _ mean: Double, _ quantile: Int) {
        #expect(ExactBounds.poissonQuantile(level, mean: mean) == quantile)
    }

    /// `chi2.ppf(.95, 2 * 3 + 2) / 2 / 0.5` and `beta.ppf(.95, 2 + 1, 61 - 2)`, scipy.
    @Test func `The bounds of a count are the exact one-sided ones`() {
        let count = FalseAlarmCount(alarms: 3, hours: 0.5, calls: 61, callsWithAlarm: 2)
        #expect(near(count.poissonBoundPerHour, 15.50731305586545, within: 1e-10))
        #expect(near(count.perCallBound, 0.0996348801942324, within: 1e-10))
        #expect(near(FalseAlarmCount(alarms: 0, hours: 1, calls: 30, callsWithAlarm: 0).perCallBound, 0.09503385285530411, within: 1e-10))
        #expect(FalseAlarmCount(alarms: 30, hours: 1, calls: 30, callsWithAlarm: 30).perCallBound == 1)
        #expect(FalseAlarmCount(alarms: 0, hours: 0, calls: 1, callsWithAlarm: 0).poissonBoundPerHour == .infinity)
    }

    /// 0 alarms in H hours bound 3.0 / H. With alarms: where `chi2.ppf(.95, 2 * rate * h + 2) / 2 - target * h` is 0, by
    /// scipy.optimize.brentq.
    @Test func `The hours that a target takes equal scipy's`() {
        #expect(near(FalseAlarmCount.hoursNeeded(for: 0.02), 149.78661367769948, within: 1e-10))
        #expect(near(FalseAlarmCount.hoursNeeded(for: 0.02, atRate: 0), 149.78661367769948, within: 1e-6))
        #expect(near(FalseAlarmCount.hoursNeeded(for: 0.02, atRate: 0.01), 576.8424010233375, within: 1e-6))
        #expect(near(FalseAlarmCount.hoursNeeded(for: 4, atRate: 1), 1.3094808848322605, within: 1e-6))
        #expect(near(FalseAlarmCount.hoursNeeded(for: 4, atRate: 3.5), 44.114692513733296, within: 1e-6))
        #expect(FalseAlarmCount.hoursNeeded(for: 4, atRate: 4) == .infinity)
    }

    @Test func `Alarms of one voice bound more than the same alarms of many`() throws {
        let many = (0..<40).map { FalseAlarmCount.Unit(alarms: $0 < 8 ? 1 : 0, hours: 0.1) }
        let one = (0..<40).map { FalseAlarmCount.Unit(alarms: $0 == 0 ? 8 : 0, hours: 0.1) }
        let spread = try #require(FalseAlarmCount.bootstrapBoundPerHour(many))
        let clustered = try #require(FalseAlarmCount.bootstrapBoundPerHour(one))
        #expect(clustered > 1.5 * spread)
        // 8 alarms in 4 h: 2 an hour, and the binomial spread of 8 in 40 voices is 2.5: the quantile is 12 alarms, 3 an hour.
        #expect(abs(spread - 3) < 0.3)
    }

    @Test func `One voice says nothing about others, and nobody's alarm bounds nothing`() {
        #expect(FalseAlarmCount.bootstrapBoundPerHour([.init(alarms: 2, hours: 1)]) == nil)
        #expect(FalseAlarmCount.bootstrapBoundPerHour([.init(alarms: 2, hours: 1), .init(alarms: 0, hours: 0)]) == nil)
        #expect(FalseAlarmCount.bootstrapBoundPerHour([.init(alarms: 0, hours: 1), .init(alarms: 0, hours: 2)]) == 0)
    }

    @Test func `A voice never alerted counts in every quantile`() {
        func wait(_ seconds: Double) -> TimeToAlert.Wait { .init(netSpeechSeconds: seconds, lineSeconds: 2 * seconds) }
        let times = TimeToAlert([wait(4), nil, wait(3), wait(8), nil, wait(5), wait(6), wait(7), wait(9), wait(3.4)])
        #expect(times.medianNetSpeechSeconds == 6)
        #expect(times.medianLineSeconds == 12)
        #expect(times.ninetiethNetSpeechSeconds == nil)
        #expect(times.neverShare == 0.2 && times.detection == 0.8)
        #expect(TimeToAlert([wait(4), nil]).medianNetSpeechSeconds == 4)
        #expect(TimeToAlert([nil, nil, wait(1)]).medianNetSpeechSeconds == nil)
        #expect(TimeToAlert([]).medianNetSpeechSeconds == nil)
    }

    /// By hand: 0.01 * 0.8 / (0.01 * 0.8 + 0.99 * 0.002) = 8 / 9.98.
    @Test func `Precision at a base rate is Bayes' rule`() {
        #expect(near(BaseRate.precision(baseRate: 0.01, detection: 0.8, falseAlarms: 0.002), 8 / 9.98, within: 1e-12))
        #expect(BaseRate.precision(baseRate: 0.01, detection: 0, falseAlarms: 0).isNaN)
    }

    /// 2 alerts a day on 400 calls of 4 min, half of it speech: 13.33 h of speech a day.
    @Test func `Alerts a day become alarms an hour of net speech`() throws {
        let target = AlertTarget.alertsPerDay(2, callsPerDay: 400, meanCallSeconds: 240)
        #expect(near(try #require(target.falseAlarmsPerHour(speechShare: 0.5)), 0.15, within: 1e-12))
        #expect(AlertTarget.falseAlarmsPerHour(0.02).falseAlarmsPerHour(speechShare: 0.3) == 0.02)
        #expect(AlertTarget.costs(.init()).falseAlarmsPerHour(speechShare: 0.3) == nil)
        #expect(AlertTarget.falseAlarmsPerHour(0).fault != nil && target.fault == nil)
    }
}
