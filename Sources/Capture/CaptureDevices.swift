import CALSA
import Glibc

extension CaptureDevice {
    /// All that can be captured from on this machine: the sound server's sources first, then hardware, then the PCMs of
    /// libasound's configuration.
    public static func all() -> [CaptureDevice] {
        let sources = PulseSources.list()
        let hardware = hardware()
        return sources + hardware + configured(ifServerRuns: !sources.isEmpty)
    }

    /// The inputs of the sound cards, by libasound's card and device numbers.
    static func hardware() -> [CaptureDevice] {
        ALSALibrary.listen()
        var devices: [CaptureDevice] = []
        var card: Int32 = -1
        while unsafe snd_card_next(&card) == 0, card >= 0 {
            var opened: OpaquePointer?
            guard unsafe snd_ctl_open(&opened, "hw:\(card)", SND_CTL_NONBLOCK) == 0, let control = unsafe opened else { continue }
            defer { unsafe snd_ctl_close(control) }
            var info: OpaquePointer?
            guard unsafe snd_pcm_info_malloc(&info) == 0 else { continue }
            defer { unsafe snd_pcm_info_free(info) }
            var device: Int32 = -1
            while unsafe snd_ctl_pcm_next_device(control, &device) == 0, device >= 0 {
                unsafe snd_pcm_info_set_device(info, UInt32(device))
                unsafe snd_pcm_info_set_subdevice(info, 0)
                unsafe snd_pcm_info_set_stream(info, SND_PCM_STREAM_CAPTURE)
                guard unsafe snd_ctl_pcm_info(control, info) == 0 else { continue }
                let title = unsafe [cardName(card), String(cString: snd_pcm_info_get_name(info))]
                devices.append(
                    asked("hw:\(card),\(device)", .hardware, title.filter { !$0.isEmpty }.joined(separator: ": "), isUSB: isUSB(card)))
            }
        }
        return devices
    }

    /// Names that stand for whole families (`plug:`, `sysdefault:` of each card) are left out: each is another way to the hardware
    /// above. So are those of a sound server that does not run: asking them could start one.
    static func configured(ifServerRuns: Bool) -> [CaptureDevice] {
        ALSALibrary.listen()
        var hints: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        guard unsafe snd_device_name_hint(-1, "pcm", &hints) == 0, let list = unsafe hints else { return [] }
        defer { unsafe snd_device_name_free_hint(list) }
        var devices: [CaptureDevice] = []
        var index = 0
        while let entry = unsafe list[index] {
            index += 1
            guard let name = unsafe hint(entry, "NAME"), unsafe hint(entry, "IOID") != "Output" else { continue }
            if name.contains(":") || ["null", "samplerate", "speexrate", "lavrate", "upmix", "vdownmix", "speex", "jack", "oss"].contains(name) {
                continue
            }
            if !ifServerRuns, name == "pulse" || name == "pipewire" { continue }
            let words = unsafe hint(entry, "DESC") ?? ""
            devices.append(asked(name, .configured, words.split(separator: "\n").joined(separator: ", ")))
        }
        return devices
    }

    static func asked(_ name: String, _ kind: Kind, _ description: String, isUSB: Bool = false) -> CaptureDevice {
        do throws(CaptureError) {
            return CaptureDevice(
                name: name, kind: kind, description: description, isUSB: isUSB, abilities: try CaptureAbilities(of: name))
        } catch {
            return CaptureDevice(name: name, kind: kind, description: description, isUSB: isUSB, problem: error.words)
        }
    }

    private static func hint(_ entry: UnsafeMutableRawPointer, _ key: String) -> String? {
        guard let text = unsafe snd_device_name_get_hint(entry, key) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    private static func cardName(_ card: Int32) -> String {
        var name: UnsafeMutablePointer<CChar>?
        guard unsafe snd_card_get_name(card, &name) == 0, let text = unsafe name else { return "" }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// The kernel says which card hangs on USB by a file that only those have.
    private static func isUSB(_ card: Int32) -> Bool { unsafe access("/proc/asound/card\(card)/usbid", F_OK) == 0 }
}
