import Alerting
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TestSupport
import Testing

@testable import Dashboard
@testable import Monitoring
@testable import Store

@Suite("The interface for machines") struct MachinesTests {
    private static func description() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(Files.text("openapi.json").utf8)) as? [String: Any])
    }

    @Test("Every way under /api/v1 is described, and nothing is described that is not there")
    func described() throws {
        let site = try Site()
        let served = Set(
            site.dashboard().router().routes.filter { $0.method != .head }.compactMap { route -> String? in
                let path =
                    "/"
                    + route.path.description.split(separator: "/").map { part in
                        part.hasPrefix("{") ? String(part) : part.hasPrefix(":") ? "{\(part.dropFirst())}" : String(part)
                    }.joined(separator: "/")
                return path.hasPrefix("/api/v1/") ? "\(route.method.rawValue) \(path.dropFirst(7))" : nil
            })
        let paths = try #require(Self.description()["paths"] as? [String: [String: Any]])
        let described = Set(paths.flatMap { path, ways in ways.keys.map { "\($0.uppercased()) \(path)" } })
        #expect(served == described && served.count == 9)
    }

    /// What of a value does not fit a schema; enough of JSON Schema for this description.
    private static func faults(_ value: Any, _ schema: [String: Any], _ all: [String: Any], at place: String = "$") -> [String] {
        if let name = schema["$ref"] as? String {
            let target = ((all["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]])?[String(name.split(separator: "/").last!)]
            return target.map { faults(value, $0, all, at: place) } ?? ["\(place): \(name) is not described"]
        }
        if let choices = schema["oneOf"] as? [[String: Any]] {
            let fitting = choices.count { faults(value, $0, all, at: place).isEmpty }
            return fitting == 1 ? [] : ["\(place): fits \(fitting) of \(choices.count)"]
        }
        var found = (schema["allOf"] as? [[String: Any]] ?? []).flatMap { faults(value, $0, all, at: place) }
        let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
        func isType(_ type: String) -> Bool {
            switch type {
            case "object": value is [String: Any]
            case "array": value is [Any]
            case "string": value is String
            case "null": value is NSNull
            case "boolean": (value as? NSNumber).map { CFGetTypeIDIsBoolean($0) } ?? false
            case "integer": (value as? NSNumber).map { !CFGetTypeIDIsBoolean($0) && $0.doubleValue == $0.doubleValue.rounded() } ?? false
            case "number": (value as? NSNumber).map { !CFGetTypeIDIsBoolean($0) } ?? false
            default: false
            }
        }
        if !types.isEmpty, !types.contains(where: isType) { found.append("\(place): is no \(types)") }
        if let values = schema["enum"] as? [Any], !values.contains(where: { "\($0)" == "\(value)" }) {
            found.append("\(place): \(value) is none of \(values)")
        }
        if let object = value as? [String: Any] {
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            for name in schema["required"] as? [String] ?? [] where object[name] == nil { found.append("\(place): no \(name)") }
            for (name, part) in object {
                if let inner = properties[name] {
                    found += faults(part, inner, all, at: "\(place).\(name)")
                } else if schema["additionalProperties"] as? Bool == false {
                    found.append("\(place): \(name) is not described")
                }
            }
        }
        if let array = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, part) in array.enumerated() { found += faults(part, items, all, at: "\(place)[\(index)]") }
        }
        return found
    }

    private static func CFGetTypeIDIsBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
    }

    static func check(_ answer: Answer, _ path: String, _ method: String, _ code: String) throws {
        let all = try description()
        let ways = try #require((all["paths"] as? [String: [String: [String: Any]]])?[path]?[method])
        let response = try #require((ways["responses"] as? [String: [String: Any]])?[code], "\(path) \(code)")
        let schema = try #require((response["content"] as? [String: [String: [String: Any]]])?["application/json"]?["schema"])
        let value = try JSONSerialization.jsonObject(with: Data(answer.text.utf8))
        #expect(faults(value, schema, all).isEmpty, "\(method) \(path): \(faults(value, schema, all)) in \(answer.text.prefix(600))")
    }

    @Test("What is answered is what the description says, for those who see scores and for those who do not yet")
    func answers() async throws {
        let site = try Site()
        let (viewer, reviewer) = (try site.addToken("robot", .viewer), try site.addToken("judge", .reviewer))
        let id = try site.addCall(level: 3.5)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            let see = ["authorization": "Bearer \(viewer)"], judge = ["authorization": "Bearer \(reviewer)"]
            let list = try await browser.get("/api/v1/calls", headers: see)
            try Self.check(list, "/calls", "get", "200")
            #expect(list.headers[.contentDisposition] == "attachment; filename=\"api.json\"")
            #expect(list.text.contains("\"outcome\": \"synthetic\"") || list.text.contains("\"outcome\":\"synthetic\""))
            try Self.check(try await browser.get("/api/v1/calls/\(id)", headers: see), "/calls/{id}", "get", "200")
            for path in ["/api/v1/calls", "/api/v1/calls/\(id)"] {
                let blind = try await browser.get(path, headers: judge)
                #expect(blind.status == .ok && !blind.text.contains("synthetic") && !blind.text.contains("llr") && !blind.text.contains("alerts"))
            }
            try Self.check(try await browser.get("/api/v1/calls/\(id)", headers: judge), "/calls/{id}", "get", "200")
            try Self.check(try await browser.get("/api/v1/calls", headers: judge), "/calls", "get", "200")
            #expect(try await browser.get("/api/v1/calls?outcome=synthetic", headers: judge).status == .forbidden)
            for wrong in [
                "page=x", "page=1000001", "judged=maybe", "from=2026-13-01", "outcome=robot", "words=" + String(repeating: "0", count: 101),
            ] {
                let answer = try await browser.get("/api/v1/calls?" + wrong, headers: see)
                #expect(answer.status == .badRequest, "\(wrong)")
                try Self.check(answer, "/calls", "get", "400")
            }
            let traced = try await browser.send(.trace, "/api/v1/calls", headers: see, body: nil)
            #expect(traced.status == .methodNotAllowed && traced.headers[.allow] == "GET, HEAD, POST")
            #expect(try await browser.get("/api/v1/events", headers: judge).status == .forbidden)

            let path = "/api/v1/calls/\(id)/judgements"
            let said = try await browser.send(.post, path, headers: judge, body: "{\"as\":\"human\",\"note\":\"known\"}")
            #expect(said.status == .created)
            try Self.check(said, "/calls/{id}/judgements", "post", "201")
            let wrong = try await browser.send(.post, path, headers: judge, body: "{\"as\":\"robot\"}")
            #expect(wrong.status == .badRequest)
            try Self.check(wrong, "/calls/{id}/judgements", "post", "400")
            #expect(try await browser.send(.post, path, headers: see, body: "{\"as\":\"human\"}").status == .forbidden)
            try Self.check(try await browser.get(path, headers: see), "/calls/{id}/judgements", "get", "200")
            let stranger = try await browser.get("/api/v1/calls", headers: ["authorization": "Bearer \(Token.random())"])
            #expect(stranger.status == .unauthorized && stranger.headers[.wwwAuthenticate] == "Bearer")
            try Self.check(stranger, "/calls", "get", "401")
            try Self.check(try await browser.get("/api/v1/calls/nosuchcall", headers: see), "/calls/{id}", "get", "404")
            // A browser's session is nothing here, so that no other site can use it.
            try site.add("ad", .admin)
            try await browser.signIn("ad")
            #expect(try await browser.get("/api/v1/calls").status == .unauthorized)
        }
        #expect(try site.store.call(id).judgements.map(\.sawScore) == [false])
    }

    @Test("A recording that is sent in is screened and not kept; what is none, too long or empty is refused")
    func analyses() async throws {
        let site = try Site()
        let token = try site.addToken("robot", .viewer)
        let samples = (0..<48_000).map { Int16(3000 * sin(Double($0) * 0.1)) }
        let recording = waveFile([samples], rate: 8000)
        // What a run that was killed left behind is not this one's.
        let kept = { Set(try FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory()).filter { $0.hasPrefix("falsetto-recording-") }) }
        let before = try kept()
        try await site.dashboard { $0.mostRecordingBytes = 200_000 }.visited { door in
            func send(_ body: Data) async throws -> Answer {
                try await door.send(.post, "/api/v1/analyses", headers: [.authorization: "Bearer \(token)"], body: ByteBuffer(bytes: Array(body)))
            }
            let answer = try await send(recording)
            let records = try #require(try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [[String: Any]])
            #expect(answer.status == .ok && records.count == 1 && records[0]["path"] as? String == "recording")
            #expect(records[0]["schema"] as? String == "falsetto.analysis/1" && records[0]["outcome"] is String)
            let none = try await send(Data("no recording at all".utf8))
            #expect(none.status == .unprocessableContent && !none.text.contains(NSTemporaryDirectory()))
            #expect(try await send(Data(count: 200_001)).status == .contentTooLarge)
            #expect(try await send(Data()).status == .badRequest)
        }
        let left = try kept().subtracting(before)
        #expect(left.isEmpty, "\(left)")
    }
}
