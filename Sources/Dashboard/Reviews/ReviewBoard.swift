import Classifier
import Evaluation
import Scoring
import Store
import Synchronization

/// What judgements come to, worked out again only when there are new ones.
final class ReviewBoard: Sendable {
    private let last = Mutex<(key: [Int64], value: ReviewedCalls)?>(nil)

    func reviewed(in store: Store, of model: Model, falseAlarmsPerHour: Double) throws -> ReviewedCalls {
        let key = try [store.judgementsState(), Int64(store.releases().count)]
        return try last.withLock { last in
            if let last, last.key == key { return last.value }
            let value = try ReviewedCalls(in: store, of: model, falseAlarmsPerHour: falseAlarmsPerHour)
            last = (key, value)
            return value
        }
    }
}
