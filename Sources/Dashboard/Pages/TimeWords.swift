import Foundation

/// Moments as pages say them, in one time zone.
struct TimeWords {
    var timeZone: TimeZone = .current

    /// `2026-11-30 14:05`.
    func moment(_ date: Date) -> String {
        var style = Date.ISO8601FormatStyle(timeZone: timeZone)
        style = style.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
        return String(date.formatted(style).prefix(16))
    }

    /// The same, kept on one line.
    func html(_ date: Date) -> HTML { "<span class=\"moment\">\(moment(date))</span>" }

    /// The moment at which a day begins; nil for what is no date such as `2026-11-30`.
    func day(_ text: String) -> Date? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let components = DateComponents(calendar: calendar, timeZone: timeZone, year: year, month: month, day: day)
        return components.isValidDate ? components.date : nil
    }

    var zone: String { timeZone.secondsFromGMT() == 0 && timeZone.nextDaylightSavingTimeTransition == nil ? "UTC" : timeZone.identifier }
}
