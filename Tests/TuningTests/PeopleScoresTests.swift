import Alerting
import Evaluation
import Policies
import Testing

@testable import Tuning

@Suite("What tuning writes of how people scored") struct PeopleScoresTests {
    /// The `number`th of `count` people, a hundredth of a nat apart from -`count` hundredths; its first 3 s say so, whatever it says later.
    private func person(_ number: Int, of count: Int, recording: String = "") -> ScoredLeg {
        let opening = [Float?](repeating: nil, count: number % 7) + [Float?](repeating: Float(number - count) / 100, count: 15)
        let name = "person \(number)"
        return leg(name, opening + [Float?](repeating: -3, count: 60), speaker: name, source: "source \(number % 10)", recording: recording)
    }

    /// From 0.05 nat on, a hundredth of a nat apart.
    private func machine(_ number: Int) -> ScoredLeg {
        leg(
            "machine \(number)", [Float?](repeating: 0.05 + Float(number) / 100, count: 75), kind: .synthetic(startSample: 0, isMidCall: false),
            source: "source \(number % 10)")
    }

    private func policy(_ legs: [ScoredLeg], recalibrates: Bool = false) throws -> Policy {
        var options = TuningOptions(target: .falseAlarmsPerHour(30))
        options.recalibrates = recalibrates
        let result = try Tuning(legs, calibration: plainCalibration, hopSamples: 3200, options: options).result()
        return try #require(
            result.policy(name: "p", madeBy: "a test", model: .init(name: "m", identity: String(repeating: "0", count: 64)), target: "t"))
    }

    @Test("Known scores give known deciles, of each call's first seconds; copies, short calls and machines do not count")
    func known() throws {
        var legs = (0..<200).map { person($0, of: 200) } + (0..<40).map(machine)
        legs[7] = person(7, of: 200, recording: "one")
        for _ in 0..<50 { legs.append(person(7, of: 200, recording: "one")) }
        legs += (0..<50).map { leg("short \($0)", [Float?](repeating: -9, count: 14), source: "source \($0 % 10)") }
        legs.append(leg("heard only", [Float?](repeating: 5, count: 75), source: "source 1"))
        legs[legs.count - 1].isMeasuredOnly = true
        let scores = try #require(policy(legs).peopleScores)
        #expect(scores.netSpeechSeconds == 3 && scores.bands.map(\.bandwidth) == [.narrowband])
        let band = try #require(scores.bands.first)
        // 201 scores: -2.00 to -0.01, and 5. The tenth of them lies at place 20 of 0...200, and so on.
        #expect(band.edges.count == 9 && zip(band.edges, (1...9).map { -2 + 0.2 * Double($0) }).allSatisfy { abs($0 - $1) < 0.0011 }, "\(band.edges)")
        #expect(band.callCount == 201 && band.calls.allSatisfy { 19...22 ~= $0 }, "\(band.calls)")
    }

    @Test("Where the policy corrects the scores, those of people are the corrected ones")
    func recalibrated() throws {
        let legs = (0..<200).map { person($0, of: 200) } + (0..<200).map(machine)
        let policy = try policy(legs, recalibrates: true)
        let map = try #require(policy.recalibration)
        let edges = try #require(policy.peopleScores?.bands.first?.edges)
        let plain = try #require(try self.policy(legs).peopleScores?.bands.first?.edges)
        #expect(abs(map(plain[4]) - plain[4]) > 0.5)
        #expect(edges.count == 9 && zip(edges, plain).allSatisfy { abs($0 - map($1)) < 0.02 }, "\(edges), \(plain.map { map($0) })")
    }

    @Test("Too few people, and people who all score alike, are not written down")
    func none() throws {
        #expect(try policy((0..<99).map { person($0, of: 99) } + (0..<40).map(machine)).peopleScores == nil)
        let alike = (0..<150).map { leg("p\($0)", [Float?](repeating: -1, count: 75), source: "source \($0 % 10)") }
        #expect(try policy(alike + (0..<40).map(machine)).peopleScores == nil)
        // Scores that many share are one edge, and none is empty.
        let two = (0..<150).map { leg("p\($0)", [Float?](repeating: $0 < 90 ? -1 : -2, count: 75), source: "source \($0 % 10)") }
        #expect(try policy(two + (0..<40).map(machine)).peopleScores?.bands == [.init(bandwidth: .narrowband, edges: [-2], calls: [60, 90])])
    }
}
