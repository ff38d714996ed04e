/// Runs a model's network for the hops of several legs together. Used on one thread; the ears that share one are heard on that thread.
public final class HopBatch {
    /// More gain nothing, and the first would wait for the last.
    public static let mostLegs = 4

    public let model: Model
    private let encoder: EncoderBatch?
    private var waiting: [EncoderEar] = []

    public init(model: Model, mostLegs: Int = HopBatch.mostLegs) {
        self.model = model
        if case .encoding(let encoder) = model.network {
            self.encoder = EncoderBatch(encoder, mostLegs: mostLegs)
            waiting.reserveCapacity(mostLegs)
        } else {
            encoder = nil
        }
    }

    /// Takes the waiting hops of ears through the network. Does not allocate.
    /// - Parameter ears: of this model, no more than the batch is for; those that do not wait are left alone.
    public func run(_ ears: [Ear]) {
        for case .encoding(let ear) in ears.lazy.map(\.kind) where ear.isWaiting { waiting.append(ear) }
        runWaiting()
    }

    /// One ear's, by itself.
    public func run(_ ear: Ear) {
        guard case .encoding(let ear) = ear.kind, ear.isWaiting else { return }
        waiting.append(ear)
        runWaiting()
    }

    private func runWaiting() {
        if !waiting.isEmpty { encoder?.run(waiting) }
        waiting.removeAll(keepingCapacity: true)
    }
}
