import Alerting
import Audio
import Classifier
import Screening

/// What a call is screened with; taken anew at the start of each call.
public struct ScreeningSetup: Sendable {
    public var model: Model
    public var operatingPoint: OperatingPoint
    public var recalibration: Recalibration?
    public var provenance: Provenance

    /// How long a hop of the score track is.
    public var hopSeconds: Double { model.hopSeconds }

    public init(model: Model, operatingPoint: OperatingPoint, recalibration: Recalibration? = nil, provenance: Provenance) {
        self.model = model
        self.operatingPoint = operatingPoint
        self.recalibration = recalibration
        self.provenance = provenance
    }

    /// The same on the model of another setup, where the two are one by their identity: calls of before and after share its weights, and their hops
    /// go through the network together.
    func onModel(of other: ScreeningSetup) -> ScreeningSetup {
        var setup = self
        if model.identity == other.model.identity { setup.model = other.model }
        return setup
    }
}

/// One party of the call, and where it is heard.
public struct MonitoredLeg: Sendable, Equatable {
    public var name: String
    /// Which of the lines.
    public var line: Int
    /// Counted from 0.
    public var channel: Int
    /// Whether it is screened, or only heard for whether somebody speaks.
    public var isScreened: Bool
    /// Its line has this one channel, so it may hold both parties.
    public var isOnlyChannel: Bool

    public init(name: String, line: Int, channel: Int, isScreened: Bool = true, isOnlyChannel: Bool) {
        self.name = name
        self.line = line
        self.channel = channel
        self.isScreened = isScreened
        self.isOnlyChannel = isOnlyChannel
    }
}

/// What can be changed while it listens: at a reload, each takes effect with the next call.
public struct MonitorOptions: Sendable, Equatable {
    public var boundary = CallBoundary.Options()
    /// Why listening is lawful; stored with each call.
    public var consent: String
    /// Hears nothing until it is told that a call begins.
    public var waitsToBeTold = false
    public var keepsAudio = false
    /// Parties (as `call start --party` names them) whose machine voice is known and lawful.
    public var disclosedParties: Set<String> = []

    public init(consent: String) { self.consent = consent }
}
