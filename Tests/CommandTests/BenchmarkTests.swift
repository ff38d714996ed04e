import Foundation
import TestSupport
import Testing

@Suite("Measuring many calls") struct BenchmarkTests {
    @Test(
        "Virtual callers pace their sound through sockets: every sample is heard, every hop counted, alerts arrive; each round in its own process"
    )
    func calls() throws {
        let scratch = try Scratch()
        let run = try Program.run(
            [
                "benchmark", "--calls", "1,3", "--seconds", "6", "--format", "json", "--plot", scratch.path("calls.svg"), "--model",
                formerModelURL.path,
            ])
        #expect(run.code == 0, "\(run.complaint)")
        let table = try #require(run.json as? [String: Any])
        let rounds = try #require(table["rounds"] as? [[String: Any]])
        #expect(table["schema"] as? String == "falsetto.benchmark/1" && rounds.map { $0["calls"] as? Int } == [1, 3])
        for round in rounds {
            let calls = try #require(round["calls"] as? Int)
            // Six seconds in hops of 0.2 s.
            #expect(round["hops"] as? Int == calls * 30 && round["lostSamples"] as? Int == 0 && round["droppedItems"] as? Int == 0)
            #expect(round["alerts"] as? Int ?? 0 > 0 && round["slowAlertMilliseconds"] as? Double ?? -1 > 0)
            #expect(round["coreShareOfACall"] as? Double ?? 0 > 0 && round["bytesOfACall"] as? Double ?? 0 > 1000 && round["lateHops"] is Int)
            #expect(round["callersLateMilliseconds"] is Double)
        }
        #expect(try String(contentsOfFile: scratch.path("calls.svg"), encoding: .utf8).contains("<circle"))
    }

    @Test(
        "What cannot be measured is a usage error",
        arguments: [
            ["--calls", "0"], ["--calls", "1,,2"], ["--calls", "many"], ["--calls", "10", "--cores", "0"], ["--cores", "2"],
            [
                "--calls", "3", "--soak",
                "1",
            ], ["--format", "json"],
        ])
    func refused(arguments: [String]) throws { #expect(try Program.run(["benchmark"] + arguments).code == 64) }
}
