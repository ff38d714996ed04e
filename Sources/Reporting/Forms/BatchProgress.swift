/// How far a batch has come, as one line for a terminal: pure, the clock is the caller's.
public struct BatchProgress: Sendable, Equatable {
    public var total: Int
    /// Recordings done, unreadable ones included.
    public var done: Int
    /// Wall seconds since the batch began.
    public var elapsedSeconds: Double
    /// Seconds of sound screened, all legs together.
    public var audioSeconds: Double

    public init(total: Int, done: Int, elapsedSeconds: Double, audioSeconds: Double) {
        self.total = total
        self.done = done
        self.elapsedSeconds = elapsedSeconds
        self.audioSeconds = audioSeconds
    }

    /// Wall seconds left at the rate so far; nil before the first recording is done.
    public var secondsLeft: Double? {
        guard done > 0, elapsedSeconds > 0 else { return nil }
        return elapsedSeconds / Double(done) * Double(max(total - done, 0))
    }

    /// Seconds of sound a wall second; nil before there is any.
    public var timesRealTime: Double? {
        guard elapsedSeconds > 0, audioSeconds > 0 else { return nil }
        return audioSeconds / elapsedSeconds
    }

    /// Such as `[█████▌        ] 12/30  40 %  312 times real time  0:42 left`, never wider than `width`, without newline.
    public func line(width: Int = 80) -> String {
        let share = total > 0 ? min(Double(done) / Double(total), 1) : 1
        var parts = ["\(done)/\(total)", "\(fixed((share * 100).rounded(.down), 0)) %"]
        if let rate = timesRealTime { parts.append("\(fixed(rate, rate < 10 ? 1 : 0)) times real time") }
        if let left = secondsLeft, done < total { parts.append("\(clock(left.rounded(.up))) left") }
        var text = ""
        for part in parts where text.count + part.count + 2 <= width { text += text.isEmpty ? part : "  " + part }
        let room = min(width - text.count - 3, 30)
        guard room >= 8 else { return text }
        let eighths = Int((share * Double(room) * 8).rounded(.down))
        let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        let bar = String(repeating: "█", count: eighths / 8) + partial
        return "[" + padded(bar, room) + "] " + text
    }

    /// The line as a terminal wants it: over the line before it. After the last one, `eraseLine` clears it.
    public func overwriting(width: Int = 80) -> String { Self.eraseLine + line(width: width) }

    /// Back to the line's beginning, and the line cleared.
    public static let eraseLine = "\r\u{1B}[2K"
}
