/// What an evaluation is to work out beside the pooled figures.
public struct EvaluationOptions: Sendable, Equatable {
    public var costs: DetectionCosts
    public var resampling: SourceResampling.Options
    /// The columns to group by; nil: those of `usualGroupColumns` that the table has.
    public var groupColumns: [String]?
    /// A group with fewer trials of a class than this is never the worst.
    public var worstGroupTrials: Int
    /// Columns whose value alone is tried as a score; nil: those of `usualNullColumns` that the table has.
    public var nullColumns: [String]?

    public init(
        costs: DetectionCosts = DetectionCosts(), resampling: SourceResampling.Options = .init(),
        groupColumns: [String]? = nil, worstGroupTrials: Int = 30, nullColumns: [String]? = nil
    ) {
        self.costs = costs
        self.resampling = resampling
        self.groupColumns = groupColumns
        self.worstGroupTrials = worstGroupTrials
        self.nullColumns = nullColumns
    }

    public static let usualGroupColumns = [
        "system_family", "system", "channel", "bandwidth", "language", "sex", "native_rate", "native_codec", "source",
    ]
    /// Duration, bandwidth and level, under the names that manifests and analysis records use.
    public static let usualNullColumns = [
        "duration_s", "clip_duration_s", "net_speech_s", "native_rate", "bandwidth", "level_dbfs", "gain_db", "snr_db",
    ]
}
