import Audio
import CALSA

/// A capture PCM of ALSA: opened and running from `init` to the end of its life.
///
/// Rule: resampling in libasound is switched off and its buffer is never allowed to stop at an overrun. Why: what was really
/// captured must be known (a plug layer's resampler hides it), and a stream that runs on says to the frame how much it has
/// overwritten, where one that stops leaves it to a clock. Otherwise a gap's length would be a guess.
@safe public struct PCM: ~Copyable, PCMStream {
    public let device: String
    public let format: SampleFormat
    public let periodFrames: Int
    public let isLive: Bool
    /// What the device's own buffer holds.
    public let bufferFrames: Int
    let handle: PCMHandle

    /// Opens and starts a device.
    ///
    /// - Parameters:
    ///   - device: a PCM's name, as `hw:1,0`, `default` or `pulse:SOURCE`.
    ///   - configuration: libasound's configuration as text in which to look the name up; nil for the system's. With it, each
    ///     test has a device of its own.
    /// - Throws: `CaptureError`.
    public init(device: String, request: FormatRequest = FormatRequest(), configuration: String? = nil) throws(CaptureError) {
        ALSALibrary.listen()
        let handle = try PCMHandle(device: device, configuration: configuration)
        let agreed = try Negotiation(handle, device: device, request: request)
        try agreed.letRunOver(handle, device: device)
        try unsafe checked(snd_pcm_start(handle.pointer), "start", device: device)
        self.device = device
        format = agreed.format
        periodFrames = agreed.periodFrames
        bufferFrames = agreed.bufferFrames
        // A file is there at once, as fast as it is read.
        isLive = unsafe snd_pcm_type(handle.pointer) != SND_PCM_TYPE_FILE
        self.handle = handle
    }

    public mutating func wait(milliseconds: Int) -> Readiness {
        // An error is ready too: the read that follows says which.
        unsafe snd_pcm_wait(handle.pointer, Int32(milliseconds)) == 0 ? .nothing : .ready
    }

    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        if isLive {
            let available = unsafe snd_pcm_avail_update(handle.pointer)
            if available < 0 { return recover(available) }
            if available > bufferFrames { return skipOverwritten(available) }
        }
        let frames = unsafe snd_pcm_readi(handle.pointer, buffer.baseAddress, UInt(buffer.count / format.bytesPerFrame))
        if frames < 0 { return recover(frames) }
        return frames == 0 ? .nothing : .frames(frames)
    }

    /// The device is further ahead than its buffer is long. Half a buffer is left to read: its older half is being overwritten.
    private func skipOverwritten(_ available: Int) -> Reading {
        let skipped = unsafe snd_pcm_forward(handle.pointer, UInt(available - bufferFrames / 2))
        return skipped > 0 ? .overwritten(skipped) : recover(skipped < 0 ? skipped : -Int(EPIPE))
    }

    /// What to do about an error, by its code (the states of an ALSA PCM, https://www.alsa-project.org/alsa-doc/alsa-lib/pcm.html).
    private func recover(_ code: Int) -> Reading {
        switch Int32(-code) {
        case EAGAIN, EINTR: return .nothing
        case EPIPE: return restart(.overrun)
        case ESTRPIPE:
            // While the machine wakes up, the driver asks for patience.
            let resumed = unsafe snd_pcm_resume(handle.pointer)
            if resumed == -EAGAIN { return .nothing }
            return resumed == 0 ? .restarted(.suspended) : restart(.suspended)
        default: return .gone(ALSALibrary.error(code, "read", device: device))
        }
    }

    private func restart(_ cause: GapCause) -> Reading {
        var code = unsafe snd_pcm_prepare(handle.pointer)
        if code == 0 { code = unsafe snd_pcm_start(handle.pointer) }
        return code == 0 ? .restarted(cause) : .gone(ALSALibrary.error(Int(code), "start again", device: device))
    }
}

/// The one owner of libasound's pointer.
@safe struct PCMHandle: ~Copyable {
    let pointer: OpaquePointer

    init(device: String, configuration: String?, stream: snd_pcm_stream_t = SND_PCM_STREAM_CAPTURE) throws(CaptureError) {
        // Not blocking: a busy device is said to be busy, instead of waited for.
        let mode = SND_PCM_NONBLOCK
        var opened: OpaquePointer?
        if let configuration {
            var tree: OpaquePointer?
            try unsafe checked(snd_config_load_string(&tree, configuration, 0), "read the configuration", device: device)
            defer { unsafe snd_config_delete(tree) }
            try unsafe checked(snd_pcm_open_lconf(&opened, device, stream, mode, tree), "open", device: device)
        } else {
            try unsafe checked(snd_pcm_open(&opened, device, stream, mode), "open", device: device)
        }
        unsafe pointer = opened!
    }

    deinit { unsafe snd_pcm_close(pointer) }
}
