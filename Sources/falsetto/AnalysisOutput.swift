import Alerting
import Foundation
import Reporting
import Screening

/// Writes results as they come: NDJSON at once, text and CSV in the order of the input, JSON at the end.
struct AnalysisOutput {
    let format: AnalyzeCommand.Format
    let scores: Bool
    let detail: TextSummary.Detail
    let operatingPoint: OperatingPoint
    /// A label track or a report is to be made of the records at the end.
    let keepsRecords: Bool
    private(set) var tally = ScreeningTally()
    private(set) var missingTools = 0
    private var ordered: [Int: [ReportRecord]] = [:]
    private var next = 0
    private var early: [ReportRecord] = []
    private var kept: [Int: [ReportRecord]] = [:]
    private let summary = TextSummary.forConsole()

    init(
        format: AnalyzeCommand.Format, scores: Bool, detail: TextSummary.Detail, operatingPoint: OperatingPoint, keepsRecords: Bool
    ) {
        self.format = format
        self.scores = scores
        self.detail = detail
        self.operatingPoint = operatingPoint
        self.keepsRecords = keepsRecords
    }

    /// All records in the order of the input; complete only when they were to be kept.
    var records: [ReportRecord] { early + kept.keys.sorted().flatMap { kept[$0]! } }

    var analyses: [AnalysisRecord] {
        records.compactMap { if case .analysis(let record) = $0 { record } else { nil } }
    }

    /// A problem met before any recording was opened.
    mutating func take(_ record: ReportRecord) throws {
        count(record)
        early.append(record)
        if format != .json { try emit([record]) }
    }

    /// The records of the recording at `index` of the input.
    mutating func take(_ records: [ReportRecord], at index: Int) throws {
        for record in records { count(record) }
        if keepsRecords || format == .json { kept[index] = records }
        switch format {
        case .json: break
        case .ndjson: try emit(records)
        case .text, .csv:
            ordered[index] = records
            while let ready = ordered.removeValue(forKey: next) {
                try emit(ready)
                next += 1
            }
        }
    }

    mutating func finish() throws {
        switch format {
        case .json: try Console.write(ReportRecord.jsonDocument(records, scores: scores))
        case .csv where !wroteHeader: try Console.write(ReportRecord.csvHeader + "\n")
        case .csv, .ndjson: break
        case .text:
            if tally.legs + tally.unreadable > 1 { try Console.say("\n" + summary.closing(tally)) }
            if tally.legs > 0 {
                // With a line a leg there is no room for it beside each.
                let errors = detail == .oneLine ? summary.errors(operatingPoint) : ""
                try Console.say("\n" + errors + summary.threshold(operatingPoint))
            }
        }
    }

    private var wroteHeader = false
    private var wroteSummary = false

    private mutating func emit(_ records: [ReportRecord]) throws {
        for record in records {
            switch format {
            case .json: break
            case .ndjson: try Console.write(record.jsonLine(scores: scores) + "\n")
            case .csv:
                if !wroteHeader { try Console.write(ReportRecord.csvHeader + "\n") }
                wroteHeader = true
                try Console.write(record.csvLine + "\n")
            case .text:
                if wroteSummary, detail == .full { try Console.write("\n") }
                wroteSummary = true
                try Console.say(summary.text(record, detail: detail))
            }
        }
    }

    private mutating func count(_ record: ReportRecord) {
        tally.add(record)
        if case .unreadable(let record) = record, record.kind == "missingTool" { missingTools += 1 }
    }
}
