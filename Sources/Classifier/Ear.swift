import Spectra

/// What a model makes of one hop of a leg.
public struct Heard: Sendable, Equatable {
    /// A hop is heard as speech from this probability on.
    static let speechThreshold: Float = 0.5

    /// Raw, uncalibrated increment; positive is synthetic. The mean over hops with speech is what the calibration takes.
    public var evidence: Float = 0
    /// Probability that somebody speaks, 0...1.
    public var speechProbability: Float = 0
    /// It is likely enough, and no sound is missing from the hop.
    public var isSpeech = false
    /// Of the hop's louder frames.
    public var powers: BandPowers
    /// First sample of what was heard, counted from the hop's: it is as long as a hop, and may begin in the one before.
    public var blockStart = 0

    init(powers: BandPowers) { self.powers = powers }
}

/// One leg's hearing: front end, and what it and the network remember, of a model of either kind. A reference: one leg has one.
///
/// A hop is heard in two halves, so that hops of several legs can go through the network together: the ears listen, a `HopBatch` runs the network
/// for those that wait for it, and then each has `heard`.
public struct Ear {
    enum Kind {
        case layered(LayeredEar)
        case encoding(EncoderEar)
    }

    let kind: Kind
    /// Whose network hears for this ear.
    public let batch: HopBatch

    /// - Parameter batch: of the same model, shared with other legs of the thread; nil for one of its own.
    public init(model: Model, batch: HopBatch? = nil) {
        precondition(batch == nil || batch!.model === model, "a batch of another model")
        self.batch = batch ?? HopBatch(model: model, mostLegs: 1)
        switch model.network {
        case .layered(let network): kind = .layered(LayeredEar(network))
        case .encoding(let encoder): kind = .encoding(EncoderEar(encoder))
        }
    }

    /// Takes one hop. Does not allocate.
    /// - Parameters:
    ///   - samples: `Model.samplesNeededPerHop` samples, from the hop's first on.
    ///   - soundCount: how many of them the leg has: fewer than a hop's only in its last hop.
    ///   - missing: from the first of them that is missing to the last; what holds one of these is never speech. Nil: none is.
    ///   - overview: when given, mean powers over the hop in as many equal bands from 0 to 8 kHz, lowest first, are written to it.
    public func listen(
        _ samples: UnsafeBufferPointer<Float>, soundCount: Int, missing: Range<Int>?, overview: UnsafeMutableBufferPointer<Float>? = nil
    ) {
        switch kind {
        case .layered(let ear): unsafe ear.listen(samples, isWhole: missing == nil, overview: overview)
        case .encoding(let ear): unsafe ear.listen(samples, soundCount: soundCount, missing: missing, overview: overview)
        }
    }

    /// The hop taken last has not gone through the network yet, and must before the next comes. Never so with networks of layers, which are
    /// small enough to gain nothing from company.
    public var isWaiting: Bool {
        switch kind {
        case .layered: false
        case .encoding(let ear): ear.isWaiting
        }
    }

    /// What was made of the hop taken last.
    public var heard: Heard {
        switch kind {
        case .layered(let ear): ear.heard
        case .encoding(let ear): ear.heard
        }
    }

    /// A whole hop without sound passes. A network of layers goes on after it as it stood before it; an encoder begins anew.
    public func passOver() {
        if case .encoding(let ear) = kind { ear.restart() }
    }
}
