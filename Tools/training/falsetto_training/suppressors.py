"""Noise suppressors that calls meet: RNNoise (Valin 2018, arXiv 1709.08243) and Speex' (libspeexdsp). They are no crime.

Whatever is done to people here is done to machines as well (twins.py), so that a suppressor speaks for neither class. Each has heard two
seconds of the clip, backwards, before it begins: in a call a suppressor has long settled, and Speex' hardly acts in its first second.
"""
import ctypes
import ctypes.util
import importlib.util
import os

import numpy as np
import soxr

from .vocoders import RATE, fit

SPEEX_SUPPRESS = 18                               # SPEEX_PREPROCESS_SET_NOISE_SUPPRESS of speex_preprocess.h, dB below zero
LEAD = 2 * RATE                                   # whole frames of either


def settling(x):
    return np.pad(x, (LEAD, 0), mode="reflect")


class Suppressor:
    """(x, rng) -> (y, which). Noise is added before to half of the clips."""

    def __init__(self, noises):
        self.noises = noises
        package = importlib.util.find_spec("pyrnnoise")
        if package is None:
            raise SystemExit("pyrnnoise is missing from the Python environment: install requirements.txt anew")
        # The package's own Python needs more than its library does.
        self.rnnoise = ctypes.CDLL(os.path.join(os.path.dirname(package.origin), "librnnoise.so"))
        self.rnnoise.rnnoise_create.restype, self.rnnoise.rnnoise_create.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        self.rnnoise.rnnoise_process_frame.argtypes, self.rnnoise.rnnoise_destroy.argtypes = [ctypes.c_void_p] * 3, [ctypes.c_void_p]
        name = ctypes.util.find_library("speexdsp")
        if name is None:
            raise SystemExit("libspeexdsp is missing; on Debian: apt-get install libspeexdsp1")
        self.speexdsp = ctypes.CDLL(name)
        self.speexdsp.speex_preprocess_state_init.restype = ctypes.c_void_p
        self.speexdsp.speex_preprocess_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
        self.speexdsp.speex_preprocess_run.argtypes = [ctypes.c_void_p] * 2
        self.speexdsp.speex_preprocess_state_destroy.argtypes = [ctypes.c_void_p]

    def rnn(self, x, rng):
        """48 kHz in frames of 10 ms; what comes out is 20 ms late."""
        y = (soxr.resample(np.pad(settling(x), (0, 320 + 160)), RATE, 48000).clip(-1, 1) * 32767).astype(np.float32)
        state = self.rnnoise.rnnoise_create(None)
        for at in range(0, len(y) - 479, 480):
            p = y[at:at + 480].ctypes.data
            self.rnnoise.rnnoise_process_frame(state, p, p)
        self.rnnoise.rnnoise_destroy(state)
        return soxr.resample(y[960:] / 32767, 48000, RATE)[LEAD:]

    def speex(self, x, rng):
        """16 kHz in frames of 20 ms; what comes out is one late."""
        frame = 320
        y = np.round(np.pad(settling(x), (0, 2 * frame)).clip(-1, 1) * 32767).astype(np.int16)
        state = self.speexdsp.speex_preprocess_state_init(frame, RATE)
        depth = ctypes.c_int(-int(rng.integers(10, 35)))
        if self.speexdsp.speex_preprocess_ctl(state, SPEEX_SUPPRESS, ctypes.byref(depth)) != 0:
            raise SystemExit("libspeexdsp does not know how to set the depth of its noise suppressor")
        for at in range(0, len(y) - frame + 1, frame):
            self.speexdsp.speex_preprocess_run(state, y[at:at + frame].ctypes.data)
        self.speexdsp.speex_preprocess_state_destroy(state)
        return y[LEAD + frame:].astype(np.float32) / 32767

    def __call__(self, x, rng):
        y = x
        if rng.random() < 0.5:
            noise = self.noises[rng.integers(len(self.noises))] if rng.random() < 0.7 else rng.standard_normal(len(x)).astype(np.float32)
            noise = np.tile(noise, len(x) // len(noise) + 1)[:len(x)]
            y = x + noise * (10 ** (-rng.uniform(5, 30) / 20) * np.sqrt(np.mean(x ** 2)) / (np.sqrt(np.mean(noise ** 2)) + 1e-9))
        level = 0.08 / (np.sqrt(np.mean(y ** 2)) + 1e-5)
        which = "rnn" if rng.random() < 0.65 else "speex"
        return fit(getattr(self, which)((y * level).clip(-1, 1).astype(np.float32), rng), len(x)), which
