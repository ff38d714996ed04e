import Alerting
import Classifier
import Crypto
import Dispatch
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import Policies
import Store

/// Pages on which people look at calls and judge them, and the same for machines, over the store that `listen` writes.
///
/// Rule: whoever sees a score does not judge blind. A reviewer is shown what Falsetto thinks of a call only after judging it; a
/// viewer and an admin see it at once, so that what an admin says of a call never counts as blind.
/// Rule: every look at a call and every play of its sound stands in the audit chain before it is given out.
public struct Dashboard: Sendable {
    public struct Options: Sendable {
        public var address = "127.0.0.1"
        public var port = 7357
        /// The names under which the pages are asked for, in lower case; others are refused.
        public var names: Set<String> = ["localhost", "127.0.0.1", "[::1]"]
        /// The header in which a proxy in front says who has signed in; nil where nothing is trusted.
        public var trustedHeader: HTTPField.Name?
        /// A proxy in front speaks HTTPS, so that cookies are for HTTPS only.
        public var isBehindHTTPS = false
        /// The longest recording that is taken in, in bytes.
        public var mostRecordingBytes = 64 << 20
        /// Sound beyond this many seconds of a recording is left out.
        public var mostRecordingSeconds = 3600.0
        /// How long `listen` may take to say how it stands.
        public var patienceSeconds = 2
        /// The program's version, as results name it.
        public var build = ""

        public init() {}
    }

    public let store: Store
    public var options: Options
    let model: Model
    let policy: AppliedPolicy
    let peopleScores: PeopleScores?
    let live: LiveFeed
    let sessions: Sessions
    let signIns: SignInLimit
    let analyses = AnalysisTurn()
    let pictures = DispatchQueue(label: "pictures")
    let reviews = ReviewBoard()
    /// Forms behind a proxy that signs people in.
    private let proxyKey = SymmetricKey(size: .bits256)

    /// - Parameters:
    ///   - model: that recordings sent in are screened with, and judged calls must be of.
    ///   - peopleScores: how the people scored that the policy was measured on; nil where it does not say.
    ///   - control: where `listen` takes words.
    public init(
        store: Store, model: Model, policy: AppliedPolicy, peopleScores: PeopleScores? = nil, control: ControlSocketPath,
        options: Options = Options()
    ) {
        self.store = store
        self.model = model
        self.policy = policy
        self.peopleScores = peopleScores
        self.options = options
        live = LiveFeed(ControlClient(control, patienceSeconds: options.patienceSeconds))
        sessions = Sessions(store: store)
        signIns = SignInLimit(clock: store.clock)
    }

    /// All that is served; run it as a service.
    /// - Parameter running: called once requests are taken, with the port.
    public func application(logger: Logger, running: @escaping @Sendable (Int) -> Void = { _ in }) -> some ApplicationProtocol {
        Application(
            router: router(), configuration: .init(address: .hostname(options.address, port: options.port), serverName: nil),
            onServerRunning: { channel in running(channel.localAddress?.port ?? 0) }, logger: logger)
    }

    func router() -> Router<Visit> {
        let router = Router(context: Visit.self)
        router.add(middleware: ProtectingMiddleware(dashboard: self))
        router.add(middleware: Gate(dashboard: self))
        addSignIn(to: router)
        addFiles(to: router)
        addCalls(to: router)
        addReview(to: router)
        addLive(to: router)
        addNumbers(to: router)
        addAllowList(to: router)
        addMachines(to: router)
        return router
    }

    func proxyFormToken(for name: String) -> String {
        Data(HMAC<SHA256>.authenticationCode(for: Data(name.utf8), using: proxyKey)).base64EncodedString()
    }

    /// The rate at which the operating point in use was promised, for what judged calls would set.
    var falseAlarmsPerHour: Double { policy.operatingPoint.measurement?.falseAlarmsPerHourBound ?? 1 }
}
