extension OperatingPoint {
    /// The measured false alarms of an operating point and what they were measured on.
    public struct Measurement: Sendable, Equatable, Codable {
        /// Alarms on human legs, of all kinds of evidence together (`Verdict.alarmCount`).
        public var falseAlarms: Int
        /// Hours of human net speech listened to. Copies of one recording are one recording: they add no hours.
        public var netSpeechHours: Double
        /// Human legs listened to, and how many of them had an alarm.
        public var calls: Int
        public var callsWithFalseAlarm: Int
        /// Different voices, and different origins of recordings, among the human legs.
        public var speakers: Int
        public var sources: Int
        /// Net speech for each second of line at which the rate per line hour is stated, 0...1.
        public var speechShare: Double
        /// Exact one-sided 95 % Poisson bound on alarms an hour of net speech: chi-square quantile(0.95, 2n + 2) / 2 / hours.
        public var poissonBoundPerHour: Double
        /// 95 % bootstrap by speaker, alarms an hour of net speech: alarms cluster by voice. Nil where it was not taken.
        public var bootstrapBoundPerHour: Double?
        /// The worst rate that a held-out source showed, alarms an hour, where the promise was raised to it; nil otherwise.
        public var worstSourcePerHour: Double?
        /// One-sided 95 % Clopper-Pearson bound on the share of calls with an alarm.
        public var perCallBound: Double
        /// What was listened to, in one sentence.
        public var description: String
        /// Of the calls, those whose speaker no column names: each counts as a speaker of its own. Nil where nobody looked.
        public var unnamedCalls: Int?
        /// Machine-made voices from the start of the call, and those that followed a person; nil where there were none. A policy's
        /// file says this in `detections`, and hands it over with the operating point.
        public var wholeCalls: Detected?
        public var midCalls: Detected?
        /// What held-out calls bear out of a stated `llr`; nil where that was not counted.
        public var support: [LLRSupport]?

        /// Calls with a machine-made voice, and how many of them were alerted.
        public struct Detected: Sendable, Equatable, Codable {
            public var calls: Int
            public var detected: Int

            /// - Precondition: `calls` is positive, and `detected` within it.
            public init(calls: Int, detected: Int) {
                precondition(calls > 0 && 0...calls ~= detected, "these counts do not fit")
                self.calls = calls
                self.detected = detected
            }

            public var missed: Int { calls - detected }
            /// 0...1.
            public var missedShare: Double { Double(missed) / Double(calls) }
        }

        public init(
            falseAlarms: Int, netSpeechHours: Double, calls: Int, callsWithFalseAlarm: Int, speakers: Int, sources: Int,
            speechShare: Double, poissonBoundPerHour: Double, bootstrapBoundPerHour: Double? = nil,
            worstSourcePerHour: Double? = nil, perCallBound: Double, description: String, unnamedCalls: Int? = nil,
            wholeCalls: Detected? = nil, midCalls: Detected? = nil, support: [LLRSupport]? = nil
        ) {
            self.falseAlarms = falseAlarms
            self.netSpeechHours = netSpeechHours
            self.calls = calls
            self.callsWithFalseAlarm = callsWithFalseAlarm
            self.speakers = speakers
            self.sources = sources
            self.speechShare = speechShare
            self.poissonBoundPerHour = poissonBoundPerHour
            self.bootstrapBoundPerHour = bootstrapBoundPerHour
            self.worstSourcePerHour = worstSourcePerHour
            self.perCallBound = perCallBound
            self.description = description
            self.unnamedCalls = unnamedCalls
            self.wholeCalls = wholeCalls
            self.midCalls = midCalls
            self.support = support
        }

        /// The promise: alarms an hour of people talking, at most. The largest of the bounds.
        public var falseAlarmsPerHourBound: Double {
            max(poissonBoundPerHour, bootstrapBoundPerHour ?? 0, worstSourcePerHour ?? 0)
        }

        /// The same for an hour of line at the stated share of speech.
        public var falseAlarmsPerLineHourBound: Double { falseAlarmsPerHourBound * speechShare }

        /// What is wrong with the numbers, in one sentence; nil when they can have been measured.
        var fault: String? {
            let rates = [poissonBoundPerHour, bootstrapBoundPerHour ?? 0, worstSourcePerHour ?? 0]
            guard falseAlarms >= 0, calls > 0, speakers > 0, sources > 0 else { return "a count is negative, or of nothing" }
            guard 0...calls ~= callsWithFalseAlarm, (callsWithFalseAlarm > 0) == (falseAlarms > 0), callsWithFalseAlarm <= falseAlarms
            else { return "calls with an alarm do not fit the alarms" }
            guard netSpeechHours.isFinite, netSpeechHours > 0 else { return "netSpeechHours is not positive" }
            guard rates.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return "a bound is not a rate" }
            guard falseAlarmsPerHourBound * netSpeechHours >= Double(falseAlarms) else { return "the bound is below what was counted" }
            guard speechShare > 0, speechShare <= 1 else { return "speechShare is not within 0...1" }
            guard perCallBound >= 0, perCallBound <= 1 else { return "perCallBound is not within 0...1" }
            if description.isEmpty { return "it does not say what was listened to" }
            if let unnamedCalls, !(0...calls ~= unnamedCalls) { return "unnamedCalls do not fit the calls" }
            if let fault = support?.lazy.compactMap(\.fault).first { return "support: \(fault)" }
            return nil
        }
    }
}
