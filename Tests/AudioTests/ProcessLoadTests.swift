import Glibc
import Testing

@testable import Audio

@Suite("What a process does") struct ProcessLoadTests {
    @Test("Whoever asks runs, and has had processor time")
    func own() throws {
        let before = try #require(ProcessLoad(of: getpid()))
        var sum = 0.0
        let start = clock()
        while clock() - start < 200_000 { sum += Double(clock()) }
        let after = try #require(ProcessLoad(of: getpid()))
        #expect(before.wantsToRun && after.wantsToRun && sum > 0)
        #expect(after.processorSeconds >= before.processorSeconds + 0.1)
    }

    @Test("Who waits for a processor is starved; who sleeps or spins is not")
    func starved() {
        let before = ProcessLoad(wantsToRun: true, processorSeconds: 3)
        #expect(ProcessLoad(wantsToRun: true, processorSeconds: 3.2).isStarved(since: before, seconds: 8))
        #expect(!ProcessLoad(wantsToRun: false, processorSeconds: 3.2).isStarved(since: before, seconds: 8))
        #expect(!ProcessLoad(wantsToRun: true, processorSeconds: 8).isStarved(since: before, seconds: 8))
        #expect(ProcessLoad(of: pid_t.max) == nil)
    }
}
