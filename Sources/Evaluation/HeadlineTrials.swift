import Alerting
import Text

/// The trials of the project's headline figures, chosen by the columns of the corpus manifest: two sets, `dev` and `dev2`.
///
/// Rule: dev clips labelled human or synthetic, without system family `neural_codec` and without source
/// `google_dfconformer`; whoever scores them cuts each to its first 2.9 s. `dev` leaves the sources of `dev2` out and takes
/// only clips that reach the cut; `dev2` takes clips from 1.5 s on, since its sources speak briefly, and the shorter ones end
/// where they end. Why: over all dev clips duration alone separates the classes, and codec or restored speech is a person
/// resynthesized. Otherwise a network can look good for the length of its clips, or bad for calling a codec a codec.
public struct HeadlineTrials: Sendable {
    /// What is read of each clip at most, in seconds from its start.
    public static let clipSeconds = 2.9

    /// The two sets: figures of one are never pooled with those of the other.
    public enum Name: String, Sendable, Codable, CaseIterable {
        /// The older dev sources: the clips that every figure before was stated on.
        case dev
        /// The dev sources added later (`dev2Sources`).
        case dev2

        /// What reports call the choice.
        public var title: String { "corpus headline \(rawValue)" }

        /// Shorter clips are no headline trials.
        public var leastSeconds: Double {
            switch self {
            case .dev: HeadlineTrials.clipSeconds
            case .dev2: 1.5
            }
        }

        func holds(source: String) -> Bool { HeadlineTrials.dev2Sources.contains(source) == (self == .dev2) }
    }

    /// The three figures, from the easiest to the product's claim.
    public enum Part: String, Sendable, Codable, CaseIterable {
        case all
        /// Synthetic trials whose `system` is in no train row; all human trials.
        case generatorUnseen
        /// Also the speaker, of either class, is in no train row. A trial whose speaker is not known is not claimed.
        case generatorAndSpeakerUnseen
    }

    /// The condition the clips are heard in.
    public enum Condition: String, Sendable, Codable, CaseIterable {
        /// Every clip, limited to 3.4 kHz by whoever scores them.
        case narrowBand
        /// Clips of a native rate of 16 kHz or more only.
        case wideBand
    }

    public let name: Name
    private let chosen: TrialTable
    private let trainSystems: Set<String>
    private let trainSpeakers: Set<String>

    /// Chooses from the whole manifest: the train rows say what is unseen. Scores may be joined before or after.
    ///
    /// The chosen trials' `duration_s` becomes what is heard, at most `clipSeconds`; the clip's own duration stays as
    /// `clip_duration_s`.
    ///
    /// - Throws: `TableError` when a column is missing, a duration is no number, there are no train rows, or
    ///   nothing is left.
    public init(_ manifest: TrialTable, _ name: Name = .dev, condition: Condition = .narrowBand) throws(TableError) {
        for column in ["split", "source", "system", "system_family", "speaker", "duration_s", "native_rate"]
        where !manifest.groupColumns.contains(column) {
            throw TableError("\(manifest.name): the headline trials are chosen by columns, and there is no \"\(column)\"")
        }
        let train = manifest.trials.filter { $0.groups["split"] == "train" }
        guard !train.isEmpty else {
            throw TableError("\(manifest.name): no row with split \"train\", so nothing can be called unseen; give the whole manifest")
        }
        trainSystems = Set(train.compactMap { $0.groups["system"] })
        trainSpeakers = Set(train.compactMap { $0.groups["speaker"] })

        var trials: [Trial] = []
        for var trial in manifest.trials where trial.groups["split"] == "dev" {
            guard trial.label == .human || trial.label == .synthetic, trial.groups["system_family"] != "neural_codec",
                trial.source != "google_dfconformer", name.holds(source: trial.source)
            else { continue }
            guard let duration = trial.groups["duration_s"], let seconds = Double(duration) else {
                throw TableError("\(manifest.name): line \(trial.line): duration_s is no number")
            }
            guard seconds >= name.leastSeconds else { continue }
            if condition == .wideBand {
                guard let rate = trial.groups["native_rate"].flatMap(Double.init) else {
                    throw TableError("\(manifest.name): line \(trial.line): native_rate is no number")
                }
                guard rate >= Double(LegTime.sampleRate) else { continue }
            }
            trial.groups["clip_duration_s"] = duration
            trial.groups["duration_s"] = "\(min(seconds, Self.clipSeconds))"
            trials.append(trial)
        }
        guard !trials.isEmpty else { throw TableError("\(manifest.name): no row is a trial of \(name.title)") }
        self.name = name
        chosen = TrialTable(
            name: name.title, trials: trials, groupColumns: manifest.groupColumns + ["clip_duration_s"])
    }

    public func isGeneratorUnseen(_ trial: Trial) -> Bool {
        trial.label == .human || trial.groups["system"].map { !trainSystems.contains($0) } ?? false
    }

    public func isSpeakerUnseen(_ trial: Trial) -> Bool {
        !trial.speaker.isEmpty && !trainSpeakers.contains(trial.speaker)
    }

    /// The trials of one of the three figures.
    public func table(_ part: Part) -> TrialTable {
        switch part {
        case .all: chosen
        case .generatorUnseen: chosen.filtered(name: "\(name.title), generator unseen", isGeneratorUnseen)
        case .generatorAndSpeakerUnseen:
            chosen.filtered(name: "\(name.title), generator and speaker unseen") {
                isGeneratorUnseen($0) && isSpeakerUnseen($0)
            }
        }
    }
}

/// The three headline figures of one score set.
public struct HeadlineReport: Sendable {
    public var name: HeadlineTrials.Name
    public var all: EvaluationReport
    public var generatorUnseen: EvaluationReport
    public var generatorAndSpeakerUnseen: EvaluationReport

    /// As in `EvaluationReport`, for all three.
    public var polarity: ScorePolarity? {
        get { all.polarity }
        set { (all.polarity, generatorUnseen.polarity, generatorAndSpeakerUnseen.polarity) = (newValue, newValue, newValue) }
    }

    /// - Parameter manifest: The whole corpus manifest, joined with the scores; trials outside the choice need none.
    /// - Throws: `TableError` as `HeadlineTrials` and `EvaluationReport` do.
    public init(
        _ manifest: TrialTable, title: String, _ name: HeadlineTrials.Name = .dev, condition: HeadlineTrials.Condition = .narrowBand,
        options: EvaluationOptions = EvaluationOptions()
    ) throws(TableError) {
        let trials = try HeadlineTrials(manifest, name, condition: condition)
        self.name = name
        all = try EvaluationReport(trials.table(.all), title: title, options: options)
        generatorUnseen = try EvaluationReport(trials.table(.generatorUnseen), title: title, options: options)
        generatorAndSpeakerUnseen = try EvaluationReport(
            trials.table(.generatorAndSpeakerUnseen), title: title, options: options)
    }
}
