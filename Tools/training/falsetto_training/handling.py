"""What is done to a voice on its way, by those who play it or by those who listen, in either class alike: played by a loudspeaker in a room,
another speed or pitch, noise; and the noise suppressors at the listener's end, RNNoise (Valin 2018, arXiv 1709.08243) and Speex' (libspeexdsp).
"""
import ctypes
import ctypes.util
import importlib.util
import os
import tempfile
from functools import lru_cache

import numpy as np
import soundfile as sf
import soxr
from scipy.signal import butter, iirpeak, lfilter, oaconvolve, sosfilt

from .channels import ReferenceLine, active_level
from .coding import RATE, run

SPEEX_SUPPRESS = 8                               # SPEEX_PREPROCESS_SET_NOISE_SUPPRESS of speex_preprocess.h, dB below zero
CHANGES = {"none": 0.3, "room": 0.2, "speed": 0.15, "pitch": 0.15, "noise": 0.2}
BEHIND = {"none": 0.35, "rnnoise": 0.4, "speex": 0.25}


def noisy(x, noise, decibels):
    """Noise under the active level of speech by so many dB."""
    noise = noise[:len(x)] / (np.sqrt(np.mean(noise[:len(x)] ** 2)) + 1e-9)
    return (x + noise * active_level(x) * 10 ** (-decibels / 20)).astype(np.float32)


def rerecorded(x, rng, rooms):
    """Played by a small loudspeaker in a room and taken up by another telephone's microphone."""
    n = len(x)
    x = sosfilt(butter(2, rng.uniform(180, 450), "highpass", fs=RATE, output="sos"), x / (np.abs(x).max() + 1e-9))
    for _ in range(2):                           # cone and cabinet resonances
        b, a = iirpeak(rng.uniform(500, 3500), rng.uniform(2, 6), fs=RATE)
        x = x + rng.uniform(0.2, 0.8) * lfilter(b, a, x)
    drive = rng.uniform(0.5, 1.5)
    x = np.tanh(drive * x + 0.1 * x ** 2) / drive
    x = oaconvolve(x, rooms[rng.integers(len(rooms))])[:n]
    x = sosfilt(butter(1, rng.uniform(60, 150), "highpass", fs=RATE, output="sos"), x)
    return noisy(x.astype(np.float32), rng.standard_normal(n), rng.uniform(25, 35))


def pitched(x, cents):
    """sox' pitch: the length stays."""
    with tempfile.TemporaryDirectory() as t:
        a, b = os.path.join(t, "a.wav"), os.path.join(t, "b.wav")
        sf.write(a, np.clip(x / (np.abs(x).max() + 1e-9) * 0.7, -1, 1), RATE, subtype="PCM_16")
        run(["sox", a, b, "pitch", str(int(cents)), "rate", "-h", str(RATE)])
        return sf.read(b, dtype="float32")[0]


@lru_cache(1)
def rnnoise_library():
    found = importlib.util.find_spec("pyrnnoise")
    if found is None:
        raise SystemExit("handled voices need RNNoise: pip install --no-deps pyrnnoise==0.4.5")
    # The package's own Python needs more than its library does.
    library = ctypes.CDLL(os.path.join(os.path.dirname(found.origin), "librnnoise.so"))
    library.rnnoise_create.restype, library.rnnoise_create.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    library.rnnoise_process_frame.argtypes, library.rnnoise_destroy.argtypes = [ctypes.c_void_p] * 3, [ctypes.c_void_p]
    return library


def rnnoise(x):
    """48 kHz in frames of 10 ms; what comes out is 20 ms late."""
    library = rnnoise_library()
    y = (soxr.resample(np.pad(x, (0, 320 + 160)), RATE, 48000).clip(-1, 1) * 32767).astype(np.float32)
    state = library.rnnoise_create(None)
    for at in range(0, len(y) - 479, 480):
        p = y[at:at + 480].ctypes.data
        library.rnnoise_process_frame(state, p, p)
    library.rnnoise_destroy(state)
    return soxr.resample(y[960:] / 32767, 48000, RATE).astype(np.float32)


@lru_cache(1)
def speex_library():
    name = ctypes.util.find_library("speexdsp")
    if name is None:
        raise SystemExit("libspeexdsp is missing: install libspeexdsp1")
    library = ctypes.CDLL(name)
    library.speex_preprocess_state_init.restype = ctypes.c_void_p
    library.speex_preprocess_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    library.speex_preprocess_run.argtypes = [ctypes.c_void_p] * 2
    library.speex_preprocess_state_destroy.argtypes = [ctypes.c_void_p]
    return library


def speex(x, decibels):
    """16 kHz in frames of 20 ms; what comes out is one late."""
    library, frame = speex_library(), 320
    y = np.round(np.pad(x, (0, 2 * frame)).clip(-1, 1) * 32767).astype(np.int16)
    state, depth = library.speex_preprocess_state_init(frame, RATE), ctypes.c_int(-decibels)
    library.speex_preprocess_ctl(state, SPEEX_SUPPRESS, ctypes.byref(depth))
    for at in range(0, len(y) - frame + 1, frame):
        library.speex_preprocess_run(state, y[at:at + frame].ctypes.data)
    library.speex_preprocess_state_destroy(state)
    return y[frame:].astype(np.float32) / 32767


def fitted(x, n):
    return x[:n] if len(x) >= n else np.pad(x, (0, n - len(x)))


def drawn(seed):
    """(change before the line, suppressor behind it, the generator that goes on from there) of a handled line."""
    rng = np.random.default_rng([seed, 3])
    return rng.choice(list(CHANGES), p=list(CHANGES.values())), rng.choice(list(BEHIND), p=list(BEHIND.values())), rng


class HandledLine(ReferenceLine):
    """A line of the reference bank, with a voice that was handled before it and, at the listener's end, a suppressor."""

    def __init__(self, seed, narrow, noises, rooms, speech):
        super().__init__(seed, narrow)
        self.change, self.behind, self.rng = drawn(seed)
        self.rooms, self.noises = rooms, noises

    def handled(self, x):
        rng = self.rng
        if self.change == "room":
            return rerecorded(x, rng, self.rooms)
        if self.change == "speed":
            return soxr.resample(x, RATE, round(RATE / rng.uniform(0.9, 1.1)))
        if self.change == "pitch":
            return pitched(x, rng.uniform(-300, 300))
        if self.change == "noise":
            noise = np.resize(self.noises[rng.integers(len(self.noises))], len(x)) if rng.random() < 0.7 else rng.standard_normal(len(x))
            return noisy(x, noise, rng.uniform(8, 25))
        return x

    def before(self, x):
        return super().before(fitted(self.handled(x), len(x)).astype(np.float32))

    def after(self, x):
        if self.behind == "none":
            return x
        return fitted(rnnoise(x) if self.behind == "rnnoise" else speex(x, int(self.rng.integers(10, 35))), len(x))
