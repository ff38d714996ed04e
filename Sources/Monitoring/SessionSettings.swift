import Audio
import Capture
import Ingest
import Reporting
import Store

/// All that a running `listen` needs to know.
public struct SessionSettings: Sendable {
    public struct Line: Sendable, Equatable {
        public var device: String
        /// What the configuration calls it; stored with each call in place of a driver's name.
        public var label: String?
        public var request: FormatRequest

        public init(device: String, label: String? = nil, request: FormatRequest = FormatRequest()) {
            self.device = device
            self.label = label
            self.request = request
        }
    }

    /// A stream of samples that is one call, such as a recorder's on standard input; the session ends with it.
    public struct Stream: Sendable, Equatable {
        public var descriptor: Int32
        public var format: RawFormat
        /// Names of the channels, in order.
        public var legs: [String]
        public var policy: TrunkPolicy

        public init(descriptor: Int32, format: RawFormat, legs: [String], policy: TrunkPolicy) {
            self.descriptor = descriptor
            self.format = format
            self.legs = legs
            self.policy = policy
        }

        /// Stored with the call in place of a device's label.
        public static let name = "stdin"
    }

    /// Devices; none where calls come from telephone systems or a stream only.
    public var lines: [Line]
    public var trunks: [Trunk] = []
    /// What the calls of each trunk are heard under, by its name.
    public var trunkPolicies: [String: TrunkPolicy] = [:]
    /// Calls of all trunks at a time.
    public var mostCalls = 1000
    public var stream: Stream?
    /// Where metrics and health are served; nowhere where it is nil.
    public var metrics: ListenAddress?
    /// The program's version, as metrics give it.
    public var build = ""
    /// Made of the legs that were asked for and the formats that the lines turned out to have.
    public var legs: @Sendable ([SampleFormat]) throws -> [MonitoredLeg]
    public var options: MonitorOptions
    public var sinks: [SinkSettings]
    public var retention: Retention
    public var screening: ScreeningSetup
    public var control: ControlSocketPath
    /// Reads the configuration again; throws when it is at fault, and nothing changes.
    public var reload: @Sendable () throws -> Reloaded

    /// What a reload can change while a device stays open.
    public struct Reloaded: Sendable {
        public var options: MonitorOptions
        public var sinks: [SinkSettings]
        public var screening: ScreeningSetup
        public var trunkPolicies: [String: TrunkPolicy] = [:]
        /// Nil where the command line names what is listened to.
        public var trunks: [Trunk]?

        public init(options: MonitorOptions, sinks: [SinkSettings], screening: ScreeningSetup) {
            self.options = options
            self.sinks = sinks
            self.screening = screening
        }
    }

    public init(
        lines: [Line], legs: @escaping @Sendable ([SampleFormat]) throws -> [MonitoredLeg], options: MonitorOptions, sinks: [SinkSettings],
        retention: Retention, screening: ScreeningSetup, control: ControlSocketPath, reload: @escaping @Sendable () throws -> Reloaded
    ) {
        self.lines = lines
        self.legs = legs
        self.options = options
        self.sinks = sinks
        self.retention = retention
        self.screening = screening
        self.control = control
        self.reload = reload
    }
}
