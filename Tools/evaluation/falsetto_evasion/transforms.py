"""What happens to a voice on its way, each a function of one clip (float32, 16 kHz) and a generator drawn for that clip."""
import os
import tempfile

import numpy as np
import soundfile as sf

from falsetto_training import channels, nonspeech
from falsetto_training.coding import FFMPEG, RATE, run, together
from falsetto_training.handling import noisy, rerecorded  # noqa: F401, conditions of the drill


def rooms(corpus):
    out = []
    for r in nonspeech.load_noises(corpus, "rir"):
        r = r[max(0, int(np.argmax(np.abs(r))) - 16):][:RATE]
        out.append((r / np.sqrt((r ** 2).sum() + 1e-9)).astype(np.float32))
    return out


def piece(bank, n, rng):
    x = bank[rng.integers(len(bank))]
    x = np.tile(x, n // len(x) + 2)
    at = rng.integers(len(x) - n)
    return x[at:at + n]


def sox(*effect):
    def change(clips):
        """Each clip by itself: pitch and speed change its length."""
        out = []
        with tempfile.TemporaryDirectory() as t:
            a, b = os.path.join(t, "a.wav"), os.path.join(t, "b.wav")
            for x in clips:
                sf.write(a, np.clip(x / (np.abs(x).max() + 1e-9) * 0.7, -1, 1), RATE, subtype="PCM_16")
                run(["sox", a, b, *effect, "rate", "-h", str(RATE)])
                out.append(sf.read(b, dtype="float32")[0])
        return out
    return change


def unmet(arguments, suffix, rate):
    """A coder that training never used, by ffmpeg."""
    def code(x):
        with tempfile.TemporaryDirectory() as t:
            a, b, c = (os.path.join(t, n) for n in ("a.wav", "b" + suffix, "c.wav"))
            sf.write(a, np.clip(x, -1, 1), RATE, subtype="PCM_16")
            run(FFMPEG + ["-i", a, "-ar", str(rate)] + arguments + [b])
            run(FFMPEG + ["-i", b, "-ac", "1", "-ar", str(RATE), c])
            return sf.read(c, dtype="float32")[0]
    return lambda clips: together(clips, code)


UNMET = {
    "nb": {"Speex 11 kbit/s": unmet(["-c:a", "libspeex", "-b:a", "11k"], ".ogg", 8000),
           "Speex 6 kbit/s": unmet(["-c:a", "libspeex", "-b:a", "6k"], ".ogg", 8000),
           "MP3 16 kbit/s": unmet(["-c:a", "libmp3lame", "-b:a", "16k"], ".mp3", 8000)},
    "wb": {"Speex wide band 28 kbit/s": unmet(["-c:a", "libspeex", "-b:a", "28k"], ".ogg", 16000),
           "MP3 32 kbit/s": unmet(["-c:a", "libmp3lame", "-b:a", "32k"], ".mp3", 16000),
           "MP3 64 kbit/s": unmet(["-c:a", "libmp3lame", "-b:a", "64k"], ".mp3", 16000)},
}
