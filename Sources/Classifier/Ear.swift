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

/// One leg's hearing: front end, network and what they remember, of a model of either format. A reference: one leg has one.
public struct Ear {
    private enum Kind {
        case layered(LayeredEar)
        case encoding(EncoderEar)
    }

    private let kind: Kind

    public init(model: Model) {
        switch model.network {
        case .layered(let network): kind = .layered(LayeredEar(network))
        case .encoding(let encoder): kind = .encoding(EncoderEar(encoder))
        }
    }

    /// Hears one hop. Does not allocate.
    /// - Parameters:
    ///   - samples: `Model.samplesNeededPerHop` samples, from the hop's first on.
    ///   - soundCount: how many of them the leg has: fewer than a hop's only in its last hop.
    ///   - missing: from the first of them that is missing to the last; what holds one of these is never speech. Nil: none is.
    ///   - overview: when given, mean powers over the hop in as many equal bands from 0 to 8 kHz, lowest first, are written to it.
    public func hear(
        _ samples: UnsafeBufferPointer<Float>, soundCount: Int, missing: Range<Int>?, overview: UnsafeMutableBufferPointer<Float>? = nil
    ) -> Heard {
        switch kind {
        case .layered(let ear): unsafe ear.hear(samples, isWhole: missing == nil, overview: overview)
        case .encoding(let ear): unsafe ear.hear(samples, soundCount: soundCount, missing: missing, overview: overview)
        }
    }

    /// A whole hop without sound passes. A model of format 1 goes on after it as it stood before it; one of format 2 begins anew.
    public func passOver() {
        if case .encoding(let ear) = kind { ear.restart() }
    }
}
