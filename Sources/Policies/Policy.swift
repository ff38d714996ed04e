import Alerting

/// Operating points for one model, and what they were measured on: what `falsetto tune` writes and every command can take.
///
/// It holds thresholds, counts and sentences, never a recording, a path or a name of anybody who was recorded. Thresholds mean
/// nothing without the scores they were chosen on, so a policy is refused for every other model.
///
/// On the JSON form, its digest and what happens to a policy that was edited by hand: `Policy+JSON.swift`.
public struct Policy: Sendable, Equatable, Codable {
    /// The version of the form.
    public static let format = "falsetto.policy/1"

    public struct ModelReference: Sendable, Equatable, Codable {
        public var name: String
        /// 64 hexadecimal digits; what counts.
        public var identity: String

        public init(name: String, identity: String) {
            self.name = name
            self.identity = identity
        }
    }

    /// Recordings in numbers: no path, no name.
    public struct Part: Sendable, Equatable, Codable {
        /// What they are, in one sentence.
        public var description: String
        public var humanCalls: Int
        public var syntheticCalls: Int
        /// Net speech and line time in hours; copies of one recording count once.
        public var humanNetSpeechHours: Double
        public var humanLineHours: Double
        public var syntheticNetSpeechHours: Double
        public var speakers: Int
        public var sources: Int

        public init(
            description: String, humanCalls: Int, syntheticCalls: Int, humanNetSpeechHours: Double, humanLineHours: Double,
            syntheticNetSpeechHours: Double, speakers: Int, sources: Int
        ) {
            self.description = description
            self.humanCalls = humanCalls
            self.syntheticCalls = syntheticCalls
            self.humanNetSpeechHours = humanNetSpeechHours
            self.humanLineHours = humanLineHours
            self.syntheticNetSpeechHours = syntheticNetSpeechHours
            self.speakers = speakers
            self.sources = sources
        }
    }

    /// How well synthetic calls of one kind were detected at one operating point, and how soon.
    public struct Detection: Sendable, Equatable, Codable {
        /// The operating point's name.
        public var operatingPoint: String
        /// `wholeCall`, `midCall`, or another.
        public var kind: String
        /// The voice spoke from the start of the call.
        public static let wholeCall = "whole call"
        /// It followed a person.
        public static let midCall = "mid-call swap"
        public var calls: Int
        public var detected: Int
        /// From the first synthetic sample to the alert, over all such calls: one that was never alerted waits for ever, and
        /// the quantile is nil where it falls among those.
        public var medianNetSpeechSeconds: Double?
        public var ninetiethNetSpeechSeconds: Double?
        public var medianLineSeconds: Double?
        public var ninetiethLineSeconds: Double?

        public init(
            operatingPoint: String, kind: String, calls: Int, detected: Int, medianNetSpeechSeconds: Double? = nil,
            ninetiethNetSpeechSeconds: Double? = nil, medianLineSeconds: Double? = nil, ninetiethLineSeconds: Double? = nil
        ) {
            self.operatingPoint = operatingPoint
            self.kind = kind
            self.calls = calls
            self.detected = detected
            self.medianNetSpeechSeconds = medianNetSpeechSeconds
            self.ninetiethNetSpeechSeconds = ninetiethNetSpeechSeconds
            self.medianLineSeconds = medianLineSeconds
            self.ninetiethLineSeconds = ninetiethLineSeconds
        }
    }

    public var format = Policy.format
    public var name: String
    /// The program and its version that wrote it.
    public var madeBy: String
    public var model: ModelReference
    /// What was asked for, in one sentence, such as `at most 0.02 false alarms an hour of people talking`.
    public var target: String
    /// The first one is used unless another is asked for by name.
    public var operatingPoints: [OperatingPoint]
    public var recalibration: Recalibration?
    /// The recordings that thresholds were chosen on, and those that they were measured on; nil where nothing was measured.
    public var chosenOn: Part?
    public var measuredOn: Part?
    /// What the two parts, or the folds, have not in common: `source`, `speaker` or `call`; nil where nothing was measured.
    public var splitBy: String?
    /// Both parts are the same calls, each measured with thresholds chosen on the others; nil in policies that do not say.
    public var isCrossValidated: Bool?
    public var detections: [Detection]
    /// How the people that were measured scored; nil where they were too few, and in policies of before it was noted.
    public var peopleScores: PeopleScores?

    public init(
        name: String, madeBy: String, model: ModelReference, target: String, operatingPoints: [OperatingPoint],
        recalibration: Recalibration? = nil, chosenOn: Part? = nil, measuredOn: Part? = nil, splitBy: String? = nil,
        isCrossValidated: Bool? = nil, detections: [Detection] = [], peopleScores: PeopleScores? = nil
    ) {
        self.name = name
        self.madeBy = madeBy
        self.model = model
        self.target = target
        self.operatingPoints = operatingPoints
        self.recalibration = recalibration
        self.chosenOn = chosenOn
        self.measuredOn = measuredOn
        self.splitBy = splitBy
        self.isCrossValidated = isCrossValidated
        self.detections = detections
        self.peopleScores = peopleScores
    }

    /// This policy with the operating points of others behind its own, so that one file offers a choice.
    ///
    /// What is said of recordings is said once, so all must have been chosen and measured on the same ones, for the same model and with the
    /// same recalibration; names of operating points must differ.
    /// - Throws: `PolicyMismatch`, the first that does not fit and why.
    public func joined(with others: [Policy]) throws(PolicyMismatch) -> Policy {
        var joined = self
        for other in others {
            guard other.model.identity == model.identity else {
                throw PolicyMismatch(name: other.name, what: "is for another model, \(other.model.name)")
            }
            guard other.recalibration == recalibration else { throw PolicyMismatch(name: other.name, what: "recalibrates the scores otherwise") }
            guard other.chosenOn == chosenOn, other.measuredOn == measuredOn, other.splitBy == splitBy,
                other.isCrossValidated == isCrossValidated, other.peopleScores == peopleScores
            else {
                throw PolicyMismatch(name: other.name, what: "was chosen or measured on other recordings")
            }
            joined.operatingPoints += other.operatingPoints
            joined.detections += other.detections
        }
        let all = [self] + others
        joined.target = all.map { policy in
            policy.operatingPoints.map(\.name).joined(separator: ", ") + ": " + policy.target
        }.joined(separator: "; ")
        if let fault = joined.fault { throw PolicyMismatch(name: others.last?.name ?? name, what: "does not fit: " + fault) }
        return joined
    }

    /// The operating point of that name, or the first one, with what it misses.
    ///
    /// Rule: whoever takes a point to say how often it is wrong takes it from here or from `completePoints`. Why: a rate of false
    /// alarms says nothing without the machines that are missed at it, and the file keeps those beside the points.
    public func operatingPoint(named name: String? = nil) -> OperatingPoint? {
        guard let name else { return completePoints.first }
        return completePoints.first { $0.name == name }
    }

    /// The operating points, each measurement with the detections that belong to it.
    public var completePoints: [OperatingPoint] {
        operatingPoints.map { original in
            func detected(_ kind: String) -> OperatingPoint.Measurement.Detected? {
                detections.first { $0.operatingPoint == original.name && $0.kind == kind }.map { .init(calls: $0.calls, detected: $0.detected) }
            }
            var point = original
            point.measurement?.wholeCalls = detected(Detection.wholeCall)
            point.measurement?.midCalls = detected(Detection.midCall)
            return point
        }
    }

    /// Whether what was chosen on and what was measured are the same calls. Policies that do not say it tell by their hours, which
    /// two halves share by chance only.
    public var measuresWhatChose: Bool {
        if let isCrossValidated { return isCrossValidated }
        guard let chosenOn, let measuredOn else { return false }
        return chosenOn.humanCalls == measuredOn.humanCalls && chosenOn.syntheticCalls == measuredOn.syntheticCalls
            && abs(chosenOn.humanNetSpeechHours - measuredOn.humanNetSpeechHours) < 1e-9
            && abs(chosenOn.syntheticNetSpeechHours - measuredOn.syntheticNetSpeechHours) < 1e-9
    }

    /// What is wrong with the content, in one sentence; nil when it can be used.
    public var fault: String? {
        if name.isEmpty || target.isEmpty || madeBy.isEmpty { return "name, target and madeBy must say something" }
        guard model.identity.utf8.count == 64, model.identity.allSatisfy({ "0123456789abcdef".contains($0) }) else {
            return "model.identity is not 64 hexadecimal digits"
        }
        if operatingPoints.isEmpty { return "there is no operating point" }
        if Set(operatingPoints.map(\.name)).count < operatingPoints.count { return "two operating points have one name" }
        for point in operatingPoints {
            if let fault = point.fault { return "operating point \(point.name): \(fault)" }
            let rules = [point.watch.window, point.alert.window, point.watch.change, point.alert.change].compactMap { $0 }
            let thresholds = rules.flatMap { [$0.begins, $0.endsBelow] } + [point.syntheticAtLLR, point.humanBelowLLR]
            guard thresholds.allSatisfy(\.isFinite) else { return "operating point \(point.name): a threshold is not finite" }
            if point.measurement != nil, measuredOn == nil || chosenOn == nil || splitBy == nil {
                return "operating point \(point.name) is measured, but it is not said on what: chosenOn, measuredOn and splitBy"
            }
        }
        if let fault = recalibration?.fault { return "recalibration: \(fault)" }
        if let scores = peopleScores {
            if let fault = scores.fault { return "peopleScores: \(fault)" }
            if operatingPoints.contains(where: { $0.minimumNetSpeechSeconds != scores.netSpeechSeconds }) {
                return "peopleScores: of \(scores.netSpeechSeconds) s of speech, which is no operating point's minimumNetSpeechSeconds"
            }
        }
        for part in [chosenOn, measuredOn].compactMap({ $0 }) {
            let counts = [part.humanCalls, part.syntheticCalls, part.speakers, part.sources]
            let hours = [part.humanNetSpeechHours, part.humanLineHours, part.syntheticNetSpeechHours]
            guard counts.allSatisfy({ $0 >= 0 }), hours.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
                return "a count or an hour of the recordings is negative"
            }
            if part.description.isEmpty { return "it is not said what the recordings are" }
        }
        for detection in detections {
            guard operatingPoints.contains(where: { $0.name == detection.operatingPoint }) else {
                return "a detection names the unknown operating point \(detection.operatingPoint)"
            }
            let times = [
                detection.medianNetSpeechSeconds, detection.ninetiethNetSpeechSeconds, detection.medianLineSeconds,
                detection.ninetiethLineSeconds,
            ].compactMap { $0 }
            guard detection.calls > 0, 0...detection.calls ~= detection.detected, times.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
                return "a detection's counts or times cannot be"
            }
        }
        return nil
    }
}
