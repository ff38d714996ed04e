import Calls
import Foundation
import Testing

@testable import Store

@Suite("Judgements are appended") struct JudgementTests {
    @Test("Each stays, with who, when and whether the score had been seen; the last one counts")
    func appended() throws {
        let place = Place()
        let store = try place.open()
        let (id, other) = (CallID.random(), CallID.random())
        storeCall(store, start(id))
        storeCall(store, start(other))
        try store.judge(id, as: .human, by: "mk", sawScore: false)
        place.advance(days: 1)
        let last = try store.judge(id, as: .synthetic, by: "ab", sawScore: true)
        #expect(last.judgedAt == place.time)
        #expect(try store.call(id).judgements.map(\.verdict) == [.human, .synthetic])
        #expect(try store.call(id).judgements.map(\.sawScore) == [false, true])
        let judged = try store.judgedCalls()
        #expect(judged.map(\.call.id) == [id] && judged[0].judgement == last)
        #expect(judged[0].legs[0].track == (0..<100).map { hop($0) })
    }

    @Test("A call that is not there, and a name that is none, are refused")
    func refused() throws {
        let place = Place()
        let store = try place.open()
        storeCall(store, start(try CallID("a1")))
        #expect { try store.judge(CallID("b2"), as: .human, by: "mk", sawScore: false) } throws: { ($0 as? StoreError)?.kind == .notFound }
        for name in ["", "a\nb", String(repeating: "x", count: 65)] {
            #expect { try store.judge(CallID("a1"), as: .human, by: name, sawScore: false) } throws: { ($0 as? StoreError)?.kind == .usage }
        }
    }
}
