import Foundation
import Screening

/// One screened leg of one recording, with all that a report of it needs.
public struct AnalysisRecord: Sendable, Equatable {
    /// The version of the machine-readable form, carried by every record.
    public static let schema = "falsetto.analysis/1"

    /// The recording, as the user named it.
    public var path: String
    /// Which party of the call: `mono`, `left`, `right`, `channel 3`.
    public var leg: String
    /// Of the recording, from 0; nil where there is no recording.
    public var channel: Int?
    public var result: LegResult
    public var provenance: Provenance
    /// What the reader of the result should know, one sentence each, such as a file that ends before its header says.
    public var warnings: [String]
    /// What the recording is; nil where there is none, as of a call that was screened live.
    public var recording: RecordingFacts?
    /// The wall clock when it was screened; nil where nobody stamped it.
    public var screenedAt: Date?
    /// A WAV of the leg for a page that plays it; nil without.
    public var sound: [UInt8]?

    public init(
        path: String, leg: String, channel: Int? = nil, result: LegResult, provenance: Provenance, warnings: [String] = [],
        recording: RecordingFacts? = nil,
        screenedAt: Date? = nil, sound: [UInt8]? = nil
    ) {
        self.path = path
        self.leg = leg
        self.channel = channel
        self.result = result
        self.provenance = provenance
        self.warnings = warnings
        self.recording = recording
        self.screenedAt = screenedAt
        self.sound = sound
    }
}

/// A recording that could not be screened; a batch reports it and goes on.
public struct UnreadableRecord: Sendable, Equatable {
    /// The recording, as the user named it.
    public var path: String
    /// What is wrong and what to do, on one line.
    public var error: String
    /// One word for programs to sort by, such as `notFound`, `notAudio`, `damagedHeader`, `missingTool`.
    public var kind: String

    public init(path: String, error: String, kind: String) {
        self.path = path
        self.error = error
        self.kind = kind
    }
}

/// One line of a machine-readable report: a leg's result, or why there is none.
public enum ReportRecord: Sendable, Equatable {
    case analysis(AnalysisRecord)
    case unreadable(UnreadableRecord)
}
