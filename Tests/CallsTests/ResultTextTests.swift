import Alerting
import Screening
import Testing

@testable import Calls

@Suite("A leg's result as text") struct ResultTextTests {
    @Test("One stored before the opening's llr was noted says the same as one heard again; any other difference counts")
    func before() throws {
        var result = LegResult(
            Verdict(outcome: .inconclusive, reason: .weakEvidence, llr: 0.5, netSpeechSeconds: 9, conditions: LineConditions(bandwidth: .narrowband)),
            durationSeconds: 20)
        let old = result.canonicalText
        #expect(!old.contains("openingLLR"))
        result.openingLLR = 0.25
        let new = result.canonicalText
        #expect(LegResult(canonicalText: new) == result && LegResult.isSame(new, new))
        #expect(LegResult.isSame(old, new) && !LegResult.isSame(new, old))
        result.openingLLR = 0.75
        #expect(!LegResult.isSame(new, result.canonicalText))
        result.llr = 0.625
        #expect(!LegResult.isSame(old, result.canonicalText) && !LegResult.isSame(old, "{}"))
    }
}
