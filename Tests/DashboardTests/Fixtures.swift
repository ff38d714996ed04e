import Alerting
import Calls
import Classifier
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import NIOCore
import NIOEmbedded
import Policies
import Screening
import Synchronization
import TestSupport
import Testing

@testable import Dashboard
@testable import Store

/// What time it is, as the test says.
final class SiteClock: Sendable {
    private let now = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var date: Date {
        get { now.withLock { $0 } }
        set { now.withLock { $0 = newValue } }
    }
}

/// A state folder with a dashboard over it, gone afterwards.
final class Site: Sendable {
    let folder: StateFolder
    let store: Store
    let clock = SiteClock()

    init() throws {
        folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-pages-\(UUID().uuidString)")
        store = try Store(folder, for: .daemon, clock: { [clock] in clock.date })
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.path) }

    func dashboard(
        policy: AppliedPolicy = .provisional, peopleScores: PeopleScores? = nil, _ change: (inout Dashboard.Options) -> Void = { _ in }
    ) -> Dashboard {
        var options = Dashboard.Options()
        options.build = "0.0.0"
        change(&options)
        return Dashboard(
            store: store, model: pageModel, policy: policy, peopleScores: peopleScores,
            control: ControlSocketPath(path: folder.path + "/control.sock"), options: options)
    }

    /// Passwords are cheap here: what they cost is measured elsewhere.
    func add(_ name: String, _ role: Account.Role) throws {
        try store.keep(Account(name: name, role: role, secret: Password.digest(password, rounds: 16)))
    }

    func addToken(_ name: String, _ role: Account.Role) throws -> String {
        let token = Token.random()
        try store.keep(Account(name: name, role: role, secret: Token.digest(token)))
        return token
    }

    /// A call of 100 hops with an alert, a gap and its end.
    @discardableResult
    func addCall(
        _ id: CallID = .random(), device: String? = "desk", consent: String = "own line", outcome: Outcome = .synthetic, alerts: Bool = true,
        level: Double = 0, key: AudioKey? = nil, allowed: String? = nil, policy: AppliedPolicy.Reference? = nil
    ) throws -> CallID {
        let provenance = Provenance(
            build: "0.0.0", modelName: pageModel.name, modelIdentity: pageModel.identity, operatingPoint: .provisional, policy: policy,
            kernel: "x86-64-v1")
        let start = CallStart(
            id: id, startedAt: clock.date, consent: consent, device: device, provenance: provenance, legs: [.init(name: "far", isOnlyChannel: true)],
            keepsAudio: key != nil, allowed: allowed)
        var recorder = CallRecorder(store: store, start: start, key: key)
        recorder.keep(.opened(.s16, sampleRate: 8000), leg: 0)
        let step = pageModel.samplesPerHop
        for index in 0..<100 {
            recorder.record(
                .hop(
                    HopScore(
                        hop: Hop(
                            startSample: index * step, evidence: Float(level), isSpeech: index % 4 > 0, levelDBFS: -20, quietestDBFS: -60,
                            lowerBandPower: 1),
                        speechProbability: 0.9, windowLLR: index > 10 ? level : nil)), leg: 0)
            recorder.keep(.samples([UInt8](repeating: UInt8(index), count: 320)), leg: 0)
        }
        let alert = Alert(
            startSample: 16_000, atSample: 64_000, atNetSpeechSeconds: 3, windowLLR: 3.25,
            strongest: Stretch(startSample: 16_000, endSample: 64_000, windowLLR: 3.25), operatingPoint: "provisional")
        if alerts { recorder.record(.action(.raised(alert)), leg: 0) }
        recorder.mark(Mark(.overrun, startSample: 8000, sampleCount: 800), leg: 0)
        let verdict = Verdict(
            outcome: outcome, reason: outcome == .inconclusive ? .weakEvidence : nil, llr: level, netSpeechSeconds: 15,
            conditions: LineConditions(bandwidth: .narrowband, speechLevelDBFS: -20), alerts: alerts ? [alert] : [],
            strongest: Stretch(startSample: 16_000, endSample: 64_000, windowLLR: level), openingLLR: level)
        recorder.end([LegResult(verdict, durationSeconds: Double(100 * step) / 16_000)], sampleCounts: [100 * step])
        #expect(recorder.takeNotices().isEmpty)
        return id
    }

    func audit(of id: CallID) throws -> [String] { try store.auditEntries(of: id).map { "\($0.kind) \($0.detail)" } }
}

let pageModel = try! formerModel()
let password = "a good long password"

/// A browser: keeps what cookies it is given, and reads the token out of forms.
final class Browser: Sendable {
    private let door: Door
    private let jar = Mutex<String?>(nil)
    private let token = Mutex<String>("")

    init(_ door: Door) { self.door = door }

    var cookie: String? {
        get { jar.withLock { $0 } }
        set { jar.withLock { $0 = newValue } }
    }

    @discardableResult
    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer { try await send(.get, path, headers: headers, body: nil) }

    /// Sends a form, with the token of the page read last unless it is told otherwise.
    @discardableResult
    func post(_ path: String, _ fields: [String: String] = [:], withToken: Bool = true, headers: [String: String] = [:]) async throws -> Answer {
        var fields = fields
        if withToken, fields["token"] == nil { fields["token"] = token.withLock { $0 } }
        let body = fields.map { "\(Dashboard.encoded($0))=\(Dashboard.encoded($1))" }.joined(separator: "&")
        return try await send(.post, path, headers: ["content-type": "application/x-www-form-urlencoded"].merging(headers) { $1 }, body: body)
    }

    func signIn(_ name: String) async throws {
        let answer = try await post("/sign-in", ["name": name, "password": password], withToken: false)
        #expect(answer.status == .seeOther)
        try await get("/calls")
    }

    func send(_ method: HTTPRequest.Method, _ path: String, headers: [String: String], body: String?) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
        if let cookie { fields[.cookie] = "falsetto=\(cookie)" }
        let answer = try await door.send(method, path, headers: fields, body: body.map { ByteBuffer(string: $0) })
        for value in answer.headers[values: .setCookie] where value.hasPrefix("falsetto=") {
            cookie = String(value.dropFirst(9).prefix { $0 != ";" })
        }
        if let match = answer.text.firstMatch(of: /name="token" value="([^"]*)"/) { token.withLock { $0 = String(match.1) } }
        return answer
    }
}

struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var text: String
    var size: Int
}

/// Hands requests to the pages without a port, through all that stands in front of them.
struct Door: Sendable {
    let responder: RouterResponder<Visit>

    func send(_ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: ByteBuffer?) async throws -> Answer {
        var headers = headers
        if let body { headers[.contentLength] = String(body.readableBytes) }
        let request = Request(
            head: .init(method: method, scheme: "http", authority: "localhost", path: path, headerFields: headers),
            body: RequestBody(buffer: body ?? ByteBuffer()))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let response = try await responder.respond(to: request, context: Visit(source: .init(channel: EmbeddedChannel(), logger: logger)))
        let collected = Collected()
        try await response.body.write(collected)
        let bytes = collected.bytes.withLock { $0 }
        return Answer(status: response.status, headers: response.headers, text: String(buffer: bytes), size: bytes.readableBytes)
    }

    private final class Collected: ResponseBodyWriter, Sendable {
        let bytes = Mutex(ByteBuffer())

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { bytes in
                var buffer = buffer
                bytes.writeBuffer(&buffer)
            }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

extension Dashboard {
    /// Runs a test against it.
    func visited(_ test: (Door) async throws -> Void) async throws { try await test(Door(responder: router().buildResponder())) }
}
