import Alerting
import ArgumentParser
import Calls
import Foundation
import Reporting
import Store

struct ListCallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the stored calls, the latest first.",
        discussion: """
            EXAMPLES
              falsetto calls list
              falsetto calls list --since 7d --outcome synthetic --unjudged
              falsetto calls list --blind                        # without outcome, for a reviewer who is to judge unswayed
              falsetto calls list --format json | jq -r '.[].id'
            """)

    @OptionGroup var output: StoreOutput

    @Flag(help: "Leaves out what Falsetto thinks of the calls.")
    var blind = false

    @Option(
        help: ArgumentHelp(
            "Calls that began then or later: 24h, 7d, 2026-11-30 or \"2026-11-30 14:00\", in this machine's time zone.", valueName: "time"))
    var since: String?

    @Option(help: "Calls that were found to be this: human, synthetic, inconclusive or syntheticDisclosed. Repeatable.")
    var outcome: [Outcome] = []

    @Flag(help: "Calls that nobody has judged.")
    var unjudged = false

    @Option(help: ArgumentHelp("The latest so many of them.", valueName: "number"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit needs a number from 1.") }
        if let since, Moment(since) == nil { throw ValidationError("--since needs 24h, 7d, a date such as 2026-11-30, or a date and a time.") }
        if blind, !outcome.isEmpty { throw ValidationError("--outcome says what --blind leaves out; give one of them.") }
        if blind, output.format == .json { throw ValidationError("--blind is for text.") }
    }

    func run() async throws {
        try await reporting {
            var search = CallSearch()
            search.from = since.flatMap { Moment($0)?.date(before: Date()) }
            search.outcomes = outcome
            search.isJudged = unjudged ? false : nil
            search.limit = limit
            let calls: [StoredCall]
            do { calls = try output.store(for: .reading).calls(search).calls } catch let error as StoreError where error.kind == .absent {
                calls = []
            }
            switch output.format {
            case .json: try Console.write(StoredCallJSON.list(calls))
            case .text:
                var text = output.text()
                text.isBlind = blind
                try Console.say(text.list(calls, isNarrowed: since != nil || !outcome.isEmpty || unjudged))
            }
        }
    }
}

extension Outcome: ExpressibleByArgument {}

/// A time as people write it: so long ago, or a date.
enum Moment: Equatable {
    case ago(seconds: Double)
    case at(Date)

    init?(_ text: String, timeZone: TimeZone = .current) {
        if let unit = text.last, let seconds = ["m": 60.0, "h": 3600, "d": 86_400, "w": 604_800][unit], let number = Int(text.dropLast()), number >= 0
        {
            self = .ago(seconds: Double(number) * seconds)
            return
        }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        let day = (parts.first ?? "").split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        let time = parts.count == 2 ? parts[1].split(separator: ":", omittingEmptySubsequences: false).map { Int($0) } : [0, 0]
        guard parts.count <= 2, day.count == 3, time.count == 2, let year = day[0], let month = day[1], let date = day[2],
            let hour = time[0], let minute = time[1]
        else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let components = DateComponents(calendar: calendar, timeZone: timeZone, year: year, month: month, day: date, hour: hour, minute: minute)
        guard components.isValidDate, let moment = components.date else { return nil }
        self = .at(moment)
    }

    func date(before now: Date) -> Date {
        switch self {
        case .ago(let seconds): now.addingTimeInterval(-seconds)
        case .at(let date): date
        }
    }
}
