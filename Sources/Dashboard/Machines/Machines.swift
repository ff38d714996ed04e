import Calls
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import Store
import Synchronization

/// The same for programs, under `/api/v1`, as `Resources/openapi.json` describes it.
extension Dashboard {
    func addMachines(to router: Router<Visit>) {
        let description = Files.text("openapi.json")
        let machines = router.group("api/v1")
        machines.get("openapi.json") { _, _ in Response.json(description) }
        machines.get("calls") { request, visit in try machineCalls(request, visit) }
        machines.get("calls/:id") { _, visit in try machineCall(visit) }
        machines.get("calls/:id/audio") { request, visit in try sound(request, visit) }
        machines.get("calls/:id/judgements") { _, visit in try machineJudgements(visit) }
        machines.post("calls/:id/judgements") { request, visit in try await machineJudge(request, visit) }
        machines.get("drift") { _, visit in
            _ = try visit.needs()
            return try Response.json(try drift())
        }
        machines.get("events") { request, visit in try machineEvents(request, visit) }
        machines.post("analyses") { request, visit in try await analyse(request, visit) }
    }

    /// A call without what Falsetto thinks of it.
    private struct BlindCall: Encodable {
        var id: String
        var state: String
        var startedAt: Date
        var durationSeconds: Double
        var device: String?
        var audioKept: Bool
        /// The asker's own judgement.
        var judged: String?

        init(_ call: StoredCall, for name: String) {
            id = call.id.text
            state = call.state.rawValue
            startedAt = call.startedAt
            durationSeconds = call.durationSeconds
            device = call.device
            audioKept = call.keepsAudio
            judged = Dashboard.own(call, name)?.verdict.rawValue
        }
    }

    private func machineCalls(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let isBlind = account.role == .reviewer
        let (search, _) = try search(request, isBlind: isBlind, times: TimeWords(timeZone: TimeZone(secondsFromGMT: 0)!))
        let (calls, total) = try store.calls(search)
        guard isBlind else { return .json("{\"total\":\(total),\"offset\":\(search.offset),\"calls\":\(StoredCallJSON.list(calls))}") }
        struct List: Encodable {
            var total: Int
            var offset: Int
            var calls: [BlindCall]
        }
        return try .json(List(total: total, offset: search.offset, calls: calls.map { BlindCall($0, for: account.name) }))
    }

    private func machineCall(_ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let call = try store.call(visit.callID())
        let isBlind = try isBlind(call, for: account)
        try store.noteLook(at: call.id, by: account.name, withScore: !isBlind)
        if isBlind { return try .json(BlindCall(call, for: account.name)) }
        return .json(StoredCallJSON.call(call, legs: try store.legs(of: call.id), tracks: false))
    }

    private func machineJudgements(_ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let call = try store.call(visit.callID())
        // What others said sways as a score does.
        let shown = try isBlind(call, for: account) ? call.judgements.filter { $0.judge == account.name } : call.judgements
        return .json(StoredCallJSON.judgements(shown))
    }

    private func machineJudge(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs(.reviewer, .admin)
        let id = try visit.callID()
        struct Said: Decodable {
            var verdict: String
            var note: String?

            enum CodingKeys: String, CodingKey {
                case verdict = "as"
                case note
            }
        }
        let body = try await request.body.collect(upTo: 16_384)
        guard let said = try? JSONDecoder().decode(Said.self, from: Data(body.readableBytesView)),
            let verdict = Judgement.Verdict(rawValue: said.verdict)
        else {
            throw HTTPError(.badRequest, message: "Send {\"as\": \"human\"}, or synthetic, disclosed or unsure; \"note\" may be added.")
        }
        return .json(StoredCallJSON.judgement(try note(verdict, of: id, by: account, note: said.note), of: id), status: .created)
    }

    /// Alerts as they are stored, and the call that is on. `Last-Event-ID` takes up where a reader left off.
    private func machineEvents(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs(.viewer, .admin)
        let asked = request.headers[HTTPField.Name("Last-Event-ID")!].flatMap { Int64($0) }
        let place = Mutex<(alert: Int64, live: String)>((try asked ?? store.lastAlert(), ""))
        return EventStream.response { [self] in
            guard try store.account(named: account.name)?.secret == account.secret else { return nil }
            var events: [EventStream.Event] = []
            for (number, call, alert) in try store.alerts(since: place.withLock { $0.alert }, limit: 100) {
                events.append(.init(name: "alert", id: String(number), data: StoredCallJSON.alert(alert, of: call)))
                place.withLock { $0.alert = number }
            }
            let text = LiveBoard(await live.state(), isBlind: false).json
            place.withLock { place in
                if place.live != text { events.append(.init(name: "live", data: text)) }
                place.live = text
            }
            return events
        }
    }
}
