import Alerting
import Evaluation
import Testing

@testable import Tuning

@Suite("What people's judgements come to") struct ReviewTests {
    @Test("Krippendorff's alpha of his own example is 0.743")
    func alpha() throws {
        // K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, section C: four observers, twelve units, missing values.
        let observers = [
            "1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .",
        ].map { $0.split(separator: " ") }
        let units = (0..<12).map { unit in observers.map { $0[unit] }.filter { $0 != "." } }
        #expect(abs(try #require(Agreement.alpha(units)) - 0.743) < 0.0005)
        #expect(Agreement.alpha([["a"], ["b"]]) == nil && Agreement.alpha([["a", "a"], ["a", "a"]]) == nil)
        #expect(Agreement.alpha([["a", "a"], ["b", "b"]]) == 1)
        #expect(try #require(Agreement.alpha([["a", "b"], ["b", "a"]])) < 0)
    }

    private func vote(_ call: String, _ reviewer: String, _ verdict: ReviewVote.Verdict, day: String = "2026-11-30", number: Int64 = 0) -> ReviewVote
    {
        ReviewVote(call: call, reviewer: reviewer, day: day, verdict: verdict, number: number)
    }

    @Test("The last vote of each person counts, most decide, as many each way decide nothing, and nobody confirms themselves")
    func book() {
        let book = ReviewBook([
            vote("1", "a", .synthetic, number: 1), vote("1", "a", .human, number: 4), vote("1", "b", .human, number: 2),
            vote("1", "c", .disclosed, number: 3),
            vote("2", "a", .human, number: 5), vote("2", "b", .synthetic, number: 6), vote("3", "a", .unsure, number: 7),
            vote("4", "a", .human, number: 8),
        ])
        #expect(book.votes.count == 7)
        #expect(
            book.consensus(on: "1") == false && book.consensus(on: "2") == nil && book.consensus(on: "3") == nil && book.consensus(on: "4") == false)
        #expect(book.isDisputed("1") && book.isDisputed("2") && !book.isDisputed("4"))
        // a is held against b and c where they agree; on 1 they do not, on 2 only b speaks, on 4 nobody.
        #expect(book.precisions.map(\.reviewer) == ["a", "b", "c"])
        #expect(book.precisions.map(\.compared) == [1, 1, 1] && book.precisions.map(\.agreeing) == [0, 0, 0])
    }

    /// Calls of a given number of people and machines with peaks about -1 and +4, judged rightly by honest reviewers over five days,
    /// each call by one.
    private struct Drawn {
        var calls: [ReviewScreening.Call] = []
        var peaks: [LegPeaks] = []
        var votes: [ReviewVote] = []
        var isSynthetic: [Bool] = []
        var generator = SplitMix64(seed: 7)

        mutating func normal() -> Double { Double((0..<12).reduce(0) { sum, _ in sum + generator.next(below: 1000) }) / 1000 - 6 }

        mutating func add(
            _ count: Int, synthetic: Bool, reviewers: [String], days: Int = 5, peak: Double? = nil, seconds: Double = 120, fingerprint: String? = nil
        ) {
            for _ in 0..<count {
                let id = "call \(calls.count)"
                var peaks = LegPeaks(change: [], conditions: LineConditions(bandwidth: .narrowband))
                peaks.window = peak ?? ((synthetic ? 4 : -1) + normal())
                peaks.exposedSeconds = seconds
                calls.append(.init(id: id, leg: leg(id, []), fingerprint: fingerprint ?? id))
                self.peaks.append(peaks)
                isSynthetic.append(synthetic)
                votes.append(
                    ReviewVote(
                        call: id, reviewer: reviewers[calls.count % reviewers.count], day: "day \(1 + calls.count / reviewers.count % days)",
                        verdict: synthetic ? .synthetic : .human, number: Int64(votes.count)))
            }
        }

        func screened(_ releases: [ReviewScreening.Release] = []) -> ReviewScreening {
            ReviewScreening(calls, peaks: peaks, votes: votes, releases: releases, falseAlarmsPerHour: 0.1)
        }
    }

    private func honest() -> Drawn {
        var drawn = Drawn()
        drawn.add(300, synthetic: false, reviewers: ["ann", "bob", "eve"])
        drawn.add(120, synthetic: true, reviewers: ["ann", "bob", "eve"])
        return drawn
    }

    @Test("Honest reviewers and ordinary days are not held back")
    func honestPeople() {
        let screening = honest().screened()
        #expect(screening.held.isEmpty && screening.point == screening.pointOfAll)
        #expect(screening.influences.count == 3 + 5)
    }

    @Test("A day that nearly all judgements are of is not held against the handful that is left")
    func handful() {
        var drawn = honest()
        for index in drawn.votes.indices { drawn.votes[index].day = index < 15 ? "day 2" : "day 1" }
        let screening = drawn.screened()
        #expect(screening.held.isEmpty && screening.influences.map(\.unit.name) == ["day 2", "ann", "bob", "eve"])
    }

    /// Prints what the page says: the point before, with, and after.
    private func say(_ name: String, clean: ReviewScreening, _ screening: ReviewScreening) {
        func text(_ value: Double?) -> String { value.map { String(($0 * 100).rounded() / 100) } ?? "none" }
        print(
            "\(name): operating point \(text(clean.point)) [\(text(clean.interval?.low)), \(text(clean.interval?.high))] before, "
                + "\(text(screening.pointOfAll)) with the poison, \(text(screening.point)) after holding back "
                + "\(screening.held.map { "\($0.unit.kind.rawValue) \($0.unit.name) (\($0.votes))" })")
    }

    @Test("A reviewer who calls every machine human is held back, and the operating point stays in its interval")
    func everyMachineHuman() throws {
        let clean = honest().screened()
        var drawn = honest()
        for index in drawn.votes.indices where drawn.votes[index].reviewer == "eve" { drawn.votes[index].verdict = .human }
        let screening = drawn.screened()
        say("every machine human", clean: clean, screening)
        let interval = try #require(clean.interval), moved = try #require(screening.pointOfAll), point = try #require(screening.point)
        #expect(!interval.contains(moved) && interval.contains(point))
        #expect(screening.held.map(\.unit) == [.init(.reviewer, "eve")])
        #expect(screening.book.reviewers == ["ann", "bob"])
        // A second person's word lets them count, up to the one they looked at.
        let last = Int64(drawn.votes.count)
        #expect(drawn.screened([.init(.init(.reviewer, "eve"), upTo: last)]).held.allSatisfy { $0.unit != .init(.reviewer, "eve") })
        #expect(drawn.screened([.init(.init(.reviewer, "eve"), upTo: 10)]).held.contains { $0.unit == .init(.reviewer, "eve") })
    }

    @Test("A reviewer who flips a tenth at random is held back where that moves the operating point")
    func tenthFlipped() throws {
        let clean = honest().screened()
        var drawn = honest()
        var generator = SplitMix64(seed: 3)
        for index in drawn.votes.indices where drawn.votes[index].reviewer == "eve" && generator.next(below: 10) == 0 {
            drawn.votes[index].verdict = drawn.votes[index].verdict == .human ? .synthetic : .human
        }
        let screening = drawn.screened()
        say("a tenth flipped", clean: clean, screening)
        let interval = try #require(clean.interval), moved = try #require(screening.pointOfAll), point = try #require(screening.point)
        #expect(!interval.contains(moved) && interval.contains(point))
        #expect(screening.held.contains { $0.unit == .init(.reviewer, "eve") })
    }

    @Test("A batch of duplicates counts once; one whose copies differ a little is held back by its day")
    func duplicates() throws {
        let clean = honest().screened()
        let interval = try #require(clean.interval)
        var exact = honest()
        exact.add(600, synthetic: false, reviewers: ["dan"], days: 1, peak: -4, seconds: 3600, fingerprint: "one")
        let once = exact.screened()
        say("six hundred copies", clean: clean, once)
        let oncePoint = try #require(once.point)
        #expect(once.copies.values.map(\.count) == [599] && interval.contains(oncePoint) && once.held.isEmpty)

        var alike = honest()
        let first = alike.votes.count
        alike.add(600, synthetic: false, reviewers: ["ann", "bob", "eve"], days: 1, peak: -4, seconds: 3600)
        for index in first..<alike.votes.count { alike.votes[index].day = "day 6" }
        let screening = alike.screened()
        say("six hundred near copies in a day", clean: clean, screening)
        let moved = try #require(screening.pointOfAll), point = try #require(screening.point)
        #expect(!interval.contains(moved) && interval.contains(point))
        #expect(screening.held.contains { $0.unit == .init(.day, "day 6") })
    }

    @Test("Scores that lie where they lay are steady; shifted by half a deviation they have moved; too few say nothing")
    func stability() throws {
        var drawn = Drawn()
        func scores(_ count: Int, shift: Double, spread: Double = 1) -> [Double] { (0..<count).map { _ in shift + spread * drawn.normal() } }
        let reference = try #require(PopulationStability.Reference(scores(500, shift: 0)))
        #expect(reference.counts.count == 10 && reference.count == 500 && reference.counts.allSatisfy { 48...52 ~= $0 })
        let steady = try #require(PopulationStability(reference: reference, present: scores(500, shift: 0)))
        #expect(steady.judgement == .steady && steady.index < 0.1 && abs(steady.byChance - 0.036) < 1e-9)
        let moved = try #require(PopulationStability(reference: reference, present: scores(500, shift: 0.7)))
        #expect(moved.judgement == .moved && moved.index > 0.25)
        #expect(PopulationStability(reference: reference, present: scores(99, shift: 0)) == nil)
        #expect(PopulationStability.Reference(Array(repeating: 1, count: 500)) == nil && PopulationStability.Reference(scores(99, shift: 0)) == nil)
    }
}
