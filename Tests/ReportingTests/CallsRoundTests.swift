import Foundation
import FoundationXML
import Testing

@testable import Reporting

@Suite("Rounds of many calls") struct CallsRoundTests {
    private func round(_ calls: Int, cores: Int = 1, late: Int = 0, lost: Int = 0, delays: [Double] = [20]) -> CallsRound {
        var round = CallsRound(calls: calls, cores: cores, seconds: 40, hops: calls * 100)
        round.lateHops = late
        round.lostSamples = lost
        round.setAlertDelays(delays)
        return round
    }

    @Test("A round is held without a late hop, a lost sample and an alert over its time; the 99th percentile needs a hundred alerts")
    func held() {
        #expect(round(10).isHeld && !round(10, late: 1).isHeld && !round(10, lost: 1).isHeld && !round(10, delays: [100]).isHeld)
        #expect(round(10, delays: []).isHeld && round(10, delays: []).slowAlertMilliseconds == nil)
        let few = round(10, delays: (0..<99).map { Double(98 - $0) })
        #expect(few.slowAlertMilliseconds == 98 && few.medianAlertMilliseconds == 49 && few.alerts == 99)
        // One in a hundred may be late.
        #expect(round(10, delays: [Double](repeating: 20, count: 150) + [500]).slowAlertMilliseconds == 20)
        #expect(round(10, delays: [Double](repeating: 20, count: 150) + [500, 500, 500]).slowAlertMilliseconds == 500)
        let table = CallsTable(
            processor: "p", kernel: "k", model: "m", build: "b", hopSeconds: 0.4,
            rounds: [round(10), round(50), round(100, late: 3), round(100, cores: 2), round(200, cores: 2, delays: [200])])
        #expect(table.mostHeld(cores: 1) == 50 && table.mostHeld(cores: 2) == 100 && table.mostHeld(cores: 3) == nil && table.lateHops == 3)
    }

    @Test("They are read back from their JSON as they were, and drawn: a line for each number of cores, hollow where not held")
    func forms() throws {
        let table = CallsTable(
            processor: "p <1>", kernel: "k", model: "m", build: "b", hopSeconds: 0.4,
            rounds: [
                round(1), round(2000, late: 1, delays: [3000]),
                round(10, cores: 2),
            ])
        #expect(try JSONDecoder().decode(CallsTable.self, from: Data(table.json.utf8)) == table)
        #expect(try table.json.contains("\"lateHops\" : 1"))
        let svg = table.svg
        #expect(XMLParser(data: Data(svg.utf8)).parse())
        #expect(svg.components(separatedBy: "<circle").count == 4 && svg.components(separatedBy: " hollow\" cx").count == 2)
        // It stands alone: a viewer that knows no variables draws it in its colours.
        #expect(svg.contains(".plot .hollow { fill: #fff; }") && !svg.contains("var(") && !svg.contains("inherit"))
        #expect(svg.contains(">1 core<") && svg.contains(">2 cores<") && svg.contains(">1000<"))
        #expect(CallsTable.textLine(round(5, late: 1)).hasSuffix("  not held\n"))
        var hurried = round(5)
        hurried.callersLateMilliseconds = 4
        #expect(!CallsTable.textLine(hurried).contains("late"))
        hurried.callersLateMilliseconds = 31
        #expect(CallsTable.textLine(hurried).hasSuffix("  callers up to 31 ms late themselves\n"))
    }
}
