import Audio
import CALSA

/// Something that can be captured from.
public struct CaptureDevice: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        /// A sound card's own input.
        case hardware
        /// A PCM of libasound's configuration.
        case configured
        /// A microphone or line of the desktop's sound server.
        case source
        /// What an output of the desktop's sound server plays: the far side of a softphone's call.
        case monitor
    }

    /// What `--device` takes.
    public var name: String
    public var kind: Kind
    /// What the system calls it, on one line.
    public var description: String
    /// Whether it hangs on USB, as a telephone adapter does.
    public var isUSB: Bool
    /// Nil where it could not be asked; `problem` says why.
    public var abilities: CaptureAbilities?
    /// Why it could not be asked, such as being held by another program.
    public var problem: String?

    public init(
        name: String, kind: Kind, description: String, isUSB: Bool = false, abilities: CaptureAbilities? = nil, problem: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.description = description
        self.isUSB = isUSB
        self.abilities = abilities
        self.problem = problem
    }
}

/// What a PCM can deliver without a resampler in between.
public struct CaptureAbilities: Sendable, Equatable {
    /// In Hz.
    public var sampleRates: ClosedRange<Int>
    public var channelCounts: ClosedRange<Int>
    public var encodings: [SampleEncoding]

    public init(sampleRates: ClosedRange<Int>, channelCounts: ClosedRange<Int>, encodings: [SampleEncoding]) {
        self.sampleRates = sampleRates
        self.channelCounts = channelCounts
        self.encodings = encodings
    }

    /// Asks a device what it can do, without starting it.
    public init(of device: String, configuration: String? = nil) throws(CaptureError) {
        ALSALibrary.listen()
        let handle = try PCMHandle(device: device, configuration: configuration)
        var allocated: OpaquePointer?
        try unsafe checked(snd_pcm_hw_params_malloc(&allocated), "ask", device: device)
        defer { unsafe snd_pcm_hw_params_free(allocated) }
        let (pcm, space) = unsafe (handle.pointer, allocated!)
        try unsafe checked(snd_pcm_hw_params_any(pcm, space), "ask", device: device)
        try unsafe checked(snd_pcm_hw_params_set_rate_resample(pcm, space, 0), "ask", device: device)
        var low: UInt32 = 0, high: UInt32 = 0, direction: Int32 = 0
        try unsafe checked(snd_pcm_hw_params_get_rate_min(space, &low, &direction), "ask its rates", device: device)
        try unsafe checked(snd_pcm_hw_params_get_rate_max(space, &high, &direction), "ask its rates", device: device)
        sampleRates = Int(low)...max(Int(low), Int(high))
        try unsafe checked(snd_pcm_hw_params_get_channels_min(space, &low), "ask its channels", device: device)
        try unsafe checked(snd_pcm_hw_params_get_channels_max(space, &high), "ask its channels", device: device)
        channelCounts = Int(low)...max(Int(low), Int(high))
        encodings = SampleEncoding.allCases.filter { unsafe snd_pcm_hw_params_test_format(pcm, space, $0.alsa) == 0 }
    }
}
