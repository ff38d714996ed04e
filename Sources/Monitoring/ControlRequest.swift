import Alerting
import Foundation

/// A word from outside to a running `listen`: one line of JSON through its control socket.
public enum ControlRequest: Sendable, Equatable {
    /// - Parameters:
    ///   - id: nil to have one made.
    ///   - party: looked up in the list of parties whose machine voice is known; neither stored nor shown.
    case start(id: String?, party: String?)
    case end
    /// - Parameter call: nil for the only one that is on.
    case disclose(call: String?)
    case pause
    case resume
    case status
}

extension ControlRequest: Codable {
    private struct Form: Codable {
        var request: String
        var id: String?
        var party: String?
    }

    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        switch form.request {
        case "start": self = .start(id: form.id, party: form.party)
        case "end": self = .end
        case "disclose": self = .disclose(call: form.id)
        case "pause": self = .pause
        case "resume": self = .resume
        case "status": self = .status
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no such request; there are start, end, disclose, pause, resume, status"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var form = Form(request: "")
        switch self {
        case .start(let id, let party): form = Form(request: "start", id: id, party: party)
        case .end: form.request = "end"
        case .disclose(let call): form = Form(request: "disclose", id: call)
        case .pause: form.request = "pause"
        case .resume: form.request = "resume"
        case .status: form.request = "status"
        }
        try form.encode(to: encoder)
    }
}

/// The answer, one line of JSON.
public struct ControlReply: Sendable, Equatable, Codable {
    /// Whether it was done.
    public var isDone: Bool
    /// The call it concerns; nil where none is on.
    public var call: String?
    public var isPaused: Bool
    /// For people: one sentence, and in the answer to `status` a line for each call that telephone systems brought.
    public var words: String
    /// How far the call that is on has come; only in the answer to `status`.
    public var progress: Progress?
    /// Calls that telephone systems brought; nil where none are listened to. Only in the answer to `status`.
    public var trunks: Trunks?

    public struct Trunks: Sendable, Equatable, Codable {
        /// Calls that are on.
        public var count: Int
        public var isPaused: Bool
        /// At most `mostCalls` of them: first those that had an alert, then the others, both in the order in which they began.
        public var calls: [RunningCall]

        /// An answer is one line that is asked for several times a second.
        public static let mostCalls = 100

        public init(count: Int, isPaused: Bool, calls: [RunningCall]) {
            self.count = count
            self.isPaused = isPaused
            self.calls = calls
        }
    }

    public struct RunningCall: Sendable, Equatable, Codable {
        public var call: String
        public var progress: Progress

        public init(call: String, progress: Progress) {
            self.call = call
            self.progress = progress
        }
    }

    public struct Progress: Sendable, Equatable, Codable {
        public var seconds: Double
        public var netSpeechSeconds: Double
        /// `clear`, `watch` or `alert`.
        public var level: String
        /// Alerts raised so far.
        public var alerts: Int
        /// What the configuration calls the line; nil where it gives it no name.
        public var label: String?
        /// The far end's last hop: whether somebody spoke, and how loud it was in dB relative to full scale; nil before the first.
        public var isSpeech: Bool?
        public var levelDBFS: Double?
        /// The far end's present window LLR (natural log, positive is synthetic); nil while its window is empty.
        public var windowLLR: Double?
        /// The operating point, and the window LLR at which it alerts.
        public var operatingPoint: String?
        public var alertsAtLLR: Double?
        /// The voice said that it is a machine's.
        public var isDisclosed: Bool?
    }

    public init(isDone: Bool = true, call: String?, isPaused: Bool, words: String, progress: Progress? = nil, trunks: Trunks? = nil) {
        self.progress = progress
        self.trunks = trunks
        self.isDone = isDone
        self.call = call
        self.isPaused = isPaused
        self.words = words
    }

    static let pausedWords = "; paused: nothing is heard until `falsetto call resume`"

    static func refused(_ words: String) -> ControlReply { ControlReply(isDone: false, call: nil, isPaused: false, words: words) }
}

extension ControlReply.Progress {
    /// One sentence: for how long the call is on, at what level, with how many alerts.
    func words(call: String) -> String {
        func tenths(_ value: Double) -> String { "\((value * 10).rounded(.down) / 10) s" }
        var words = "call \(call) is on for \(tenths(seconds)), \(tenths(netSpeechSeconds)) of them speech; "
        let state =
            switch level {
            case Level.alert.rawValue: "alert: machine-made voice"
            case Level.watch.rawValue: "watch: the evidence leans to a machine-made voice"
            default: "no alert is on"
            }
        words += state
        if alerts > 0 { words += "; \(alerts) \(alerts == 1 ? "alert" : "alerts") so far" }
        if isDisclosed == true { words += "; the voice said that it is a machine's" }
        return words
    }
}

extension ControlReply.Trunks {
    /// So many calls are told in words; all of `calls` are in the answer.
    private static let mostTold = 20

    /// How many calls are on, whether they are heard, and a line for each.
    var words: String {
        let told = calls.prefix(Self.mostTold).map { "\n  " + $0.progress.words(call: $0.call) }
        let rest = count - told.count
        return (count == 1 ? "1 call is on" : "\(count) calls are on") + (isPaused ? ControlReply.pausedWords : "") + told.joined()
            + (rest > 0 && !told.isEmpty ? "\n  and \(rest) more" : "")
    }
}
