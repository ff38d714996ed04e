import Alerting
import Calls
import Foundation
import Screening
import Testing

@testable import Reporting

@Suite("The schema of events") struct EventSchemaTests {
    let check: JSONSchemaCheck

    init() throws { check = JSONSchemaCheck(root: try JSON(parsing: CallEvent.jsonSchema)) }

    /// One of each kind.
    private var everyKind: [CallEvent] {
        let result: LegResult? = if case .analysis(let record) = Sample.everyKind[0] { record.result } else { nil }
        let kinds: [(CallEvent.Kind, leg: String?)] = [
            (.callStarted(consent: "both were told", legs: ["far", "near"], provenance: Sample.provenance(Sample.measured), byHand: true), nil),
            (.hop(Sample.track()[20]), "far"), (.watchBegan(atSample: 16_000), "far"), (.watchEnded(atSample: 32_000), "far"),
            (.alertRaised(Sample.alert), "far"), (.alertEnded(Sample.changeAlert), "far"),
            (.gap(startSeconds: 1, seconds: 0.5, cause: .dropped), "far"), (.disclosed(atSeconds: 2), "far"),
            (.callEnded(reason: .hungUp, durationSeconds: 60, legs: result.map { [.init(name: "far", result: $0)] } ?? []), nil),
            (.lineAway(words: "gone"), nil), (.lineBack, nil), (.notice("a word"), nil),
        ]
        return kinds.map { kind, leg in
            let isOutside =
                switch kind {
                case .notice, .lineBack, .lineAway: true;
                default: false
                }
            return CallEvent(
                id: "0d1e2f3a-0000-4000-8000-000000000001", call: isOutside ? nil : "8e9b1kpbhsx5", leg: leg, at: Date(timeIntervalSince1970: 1.5),
                kind: kind)
        }
    }

    @Test("Every kind of event keeps to it, and none is left out")
    func keeps() throws {
        for event in everyKind { #expect(check.violations(of: try JSON(parsing: event.jsonLine)) == [], "\(event.jsonLine)") }
        #expect(Set(everyKind.map(\.name)) == Set(CallEvent.names + ["hop"]))
    }

    @Test("What it forbids is refused")
    func refuses() throws {
        let alert = try #require(everyKind.first { $0.name == "alertRaised" }).jsonLine
        for (from, to) in [
            ("alertRaised", "alertGuessed"), ("\"leg\":\"far\"", "\"leg\":\"\""), ("\"at\":\"1970", "\"at\":\"70"), ("\"advice\"", "\"number\""),
        ] {
            #expect(alert.contains(from))
            let broken = alert.replacingOccurrences(of: from, with: to)
            #expect(!check.violations(of: try JSON(parsing: broken)).isEmpty, "\(to)")
        }
    }

    @Test("What events and analyses share, both schemas describe in the same words")
    func shared() throws {
        let analysis = try JSON(parsing: ReportRecord.jsonSchema)
        for name in ["alert", "hop", "operatingPoint", "stretch", "outside", "measurement"] {
            #expect(check.root["$defs"]?[name] != nil && check.root["$defs"]?[name] == analysis["$defs"]?[name], "\(name)")
        }
    }
}
