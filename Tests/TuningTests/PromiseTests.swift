import Evaluation
import Testing

@testable import Tuning

@Suite struct PromiseTests {
    @Test func `Copies of one recording add no hours, and the worst copy's alarms count`() {
        func leg(_ voice: String, _ recording: String, _ hours: Double, _ alarms: Int) -> Promise.Exposure {
            .init(voice: voice, source: "s", recording: recording, hours: hours, alarms: alarms)
        }
        let promise = Promise([leg("a", "r1", 1, 0), leg("a", "r1", 1.1, 2), leg("a", "r1", 1, 1), leg("b", "", 2, 0), leg("b", "", 2, 1)])
        #expect(promise.count == FalseAlarmCount(alarms: 3, hours: 5.1, calls: 3, callsWithAlarm: 2))
        #expect(promise.speakers == 2 && promise.sources == 1)
    }

    @Test func `Where the sources do not hold the promise, the worst one's rate is promised`() {
        // Twenty sources of an hour; alarms evenly one each, then all twenty in three of them.
        func promise(_ alarms: [Int]) -> Promise {
            Promise(alarms.enumerated().map { .init(voice: "v\($0)", source: "s\($0)", recording: "", hours: 1, alarms: $1) })
        }
        let even = promise([Int](repeating: 1, count: 20))
        #expect(even.heldOut.inside == 20 && even.worstSourcePerHour == nil)
        let uneven = promise([7, 7, 6] + [Int](repeating: 0, count: 17))
        #expect(uneven.heldOut.inside == 17)
        #expect(uneven.worstSourcePerHour == 7 && uneven.perHour == 7)
    }

    @Test func `Every source is held against the promise, but one alarm in a minute is nobody's worst rate`() {
        let held = HeldOutSources(
            [
                "a": .init(alarms: 1, hours: 1), "b": .init(alarms: 0, hours: 0.03), "c": .init(alarms: 1, hours: 0.01),
                "d": .init(alarms: 0, hours: 2),
            ],
            promise: 3)
        // 3 an hour for 0.01 h: no alarm is the 95 % range. a: 3 expected, at most 6.
        #expect(held.sources.map(\.name) == ["c", "a", "d", "b"])
        #expect(held.sources.map(\.mostExpected) == [0, 6, 10, 1])
        #expect(held.inside == 3 && !held.hold)
        // b and c together: 1 in 0.04 h.
        #expect(held.worstPerHour == 1 / 0.04)
    }
}
