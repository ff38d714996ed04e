import Audio
import CALSA

extension SampleEncoding {
    var alsa: snd_pcm_format_t {
        switch self {
        case .s16: SND_PCM_FORMAT_S16
        case .s32: SND_PCM_FORMAT_S32
        case .float: SND_PCM_FORMAT_FLOAT
        }
    }
}

/// What a device and we agreed on.
struct Negotiation {
    let format: SampleFormat
    let periodFrames: Int
    let bufferFrames: Int

    init(_ handle: borrowing PCMHandle, device: String, request: FormatRequest) throws(CaptureError) {
        let pcm = unsafe handle.pointer
        var allocated: OpaquePointer?
        try unsafe checked(snd_pcm_hw_params_malloc(&allocated), "negotiate", device: device)
        defer { unsafe snd_pcm_hw_params_free(allocated) }
        let space = unsafe allocated!
        try unsafe checked(snd_pcm_hw_params_any(pcm, space), "negotiate", device: device)
        try unsafe checked(snd_pcm_hw_params_set_rate_resample(pcm, space, 0), "negotiate", device: device)
        try unsafe checked(
            snd_pcm_hw_params_set_access(pcm, space, SND_PCM_ACCESS_RW_INTERLEAVED), "negotiate interleaved samples", device: device)

        let encoding = try unsafe Self.chooseEncoding(pcm, space, device, request.encoding)
        let channels = try unsafe Self.chooseChannels(pcm, space, device, request.channelCount)
        let rate = try unsafe Self.chooseRate(pcm, space, device, request.sampleRate)

        // The buffer first: how long a period may be depends on what the device has of it.
        var buffer = UInt32(FormatRequest.bufferMicroseconds)
        try unsafe checked(snd_pcm_hw_params_set_buffer_time_near(pcm, space, &buffer, nil), "negotiate the buffer", device: device)
        var period = UInt32(FormatRequest.periodMicroseconds(ofBuffer: Int(buffer)))
        try unsafe checked(snd_pcm_hw_params_set_period_time_near(pcm, space, &period, nil), "negotiate the period", device: device)
        try unsafe checked(snd_pcm_hw_params(pcm, space), "negotiate", device: device)
        var periodFrames: UInt = 0, bufferFrames: UInt = 0
        try unsafe checked(snd_pcm_hw_params_get_period_size(space, &periodFrames, nil), "negotiate", device: device)
        try unsafe checked(snd_pcm_hw_params_get_buffer_size(space, &bufferFrames), "negotiate", device: device)
        format = SampleFormat(encoding, sampleRate: rate, channelCount: channels)
        self.periodFrames = max(1, Int(periodFrames))
        self.bufferFrames = Int(bufferFrames)
    }

    /// Wakes us once a period, and keeps the stream running when nobody reads.
    func letRunOver(_ handle: borrowing PCMHandle, device: String) throws(CaptureError) {
        let pcm = unsafe handle.pointer
        var allocated: OpaquePointer?
        try unsafe checked(snd_pcm_sw_params_malloc(&allocated), "set up", device: device)
        defer { unsafe snd_pcm_sw_params_free(allocated) }
        let settings = unsafe allocated!
        var boundary: UInt = 0
        try unsafe checked(snd_pcm_sw_params_current(pcm, settings), "set up", device: device)
        try unsafe checked(snd_pcm_sw_params_get_boundary(settings, &boundary), "set up", device: device)
        try unsafe checked(snd_pcm_sw_params_set_avail_min(pcm, settings, UInt(periodFrames)), "set up", device: device)
        try unsafe checked(snd_pcm_sw_params_set_stop_threshold(pcm, settings, boundary), "set up", device: device)
        try unsafe checked(snd_pcm_sw_params(pcm, settings), "set up", device: device)
    }

    private static func chooseEncoding(
        _ pcm: OpaquePointer, _ space: OpaquePointer, _ device: String, _ wanted: SampleEncoding?
    ) throws(CaptureError) -> SampleEncoding {
        if let wanted {
            try unsafe checked(
                snd_pcm_hw_params_set_format(pcm, space, wanted.alsa), "ask for the format \(wanted.rawValue)", device: device)
            return wanted
        }
        let possible = SampleEncoding.allCases.first { unsafe snd_pcm_hw_params_test_format(pcm, space, $0.alsa) == 0 }
        guard let possible else {
            throw CaptureError(
                .unsupported, operation: "ask for S16, S32 or float", device: device, words: "it can do none of them",
                advice: "put `plug:` before its name, as in plug:'\(device)'")
        }
        try unsafe checked(snd_pcm_hw_params_set_format(pcm, space, possible.alsa), "ask for \(possible.rawValue)", device: device)
        return possible
    }

    private static func chooseChannels(
        _ pcm: OpaquePointer, _ space: OpaquePointer, _ device: String, _ wanted: Int?
    ) throws(CaptureError) -> Int {
        var count = UInt32(wanted ?? 1)
        if wanted == nil, unsafe snd_pcm_hw_params_test_channels(pcm, space, 1) != 0 {
            try unsafe checked(snd_pcm_hw_params_get_channels_min(space, &count), "ask for its channels", device: device)
        }
        guard AudioLimits.channelCounts.contains(Int(count)) else {
            throw CaptureError(
                .unsupported, operation: "ask for its channels", device: device, words: "it has \(count)",
                advice: "devices of up to \(AudioLimits.channelCounts.upperBound) channels are captured; make a PCM of some of them in ~/.asoundrc")
        }
        try unsafe checked(
            snd_pcm_hw_params_set_channels(pcm, space, count), "ask for \(count) channel\(count == 1 ? "" : "s")", device: device)
        return Int(count)
    }

    private static func chooseRate(
        _ pcm: OpaquePointer, _ space: OpaquePointer, _ device: String, _ wanted: Int?
    ) throws(CaptureError) -> Int {
        if let wanted {
            try unsafe checked(snd_pcm_hw_params_set_rate(pcm, space, UInt32(wanted), 0), "ask for \(wanted) Hz", device: device)
            return wanted
        }
        let preferred = UInt32(FormatRequest.preferredRate)
        var rate = preferred, direction: Int32 = 0
        if unsafe snd_pcm_hw_params_test_rate(pcm, space, preferred, 0) == 0 {
            try unsafe checked(snd_pcm_hw_params_set_rate(pcm, space, preferred, 0), "ask for \(preferred) Hz", device: device)
        } else {
            var least = preferred
            // Above 16 kHz the lowest, since the rest is thrown away; below it the highest.
            if unsafe snd_pcm_hw_params_set_rate_min(pcm, space, &least, &direction) == 0 {
                try unsafe checked(snd_pcm_hw_params_set_rate_first(pcm, space, &rate, &direction), "ask for its rate", device: device)
            } else {
                try unsafe checked(snd_pcm_hw_params_set_rate_last(pcm, space, &rate, &direction), "ask for its rate", device: device)
            }
        }
        guard AudioLimits.sampleRates.contains(Int(rate)) else {
            throw CaptureError(
                .unsupported, operation: "ask for its rate", device: device, words: "it runs at \(rate) Hz",
                advice: "rates of \(AudioLimits.sampleRates.lowerBound) to \(AudioLimits.sampleRates.upperBound) Hz are captured")
        }
        return Int(rate)
    }
}
