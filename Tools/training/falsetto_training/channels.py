"""Telephone channels: what a line does to the signal (numpy), then real coders in batches, then lost packets.

Coders are real ones: ffmpeg (G.711, G.722, G.726, GSM-FR, Opus), sox (AMR-NB), libvo-amrwbenc through ctypes (AMR-WB). Speex and
MP3 are kept out, so that they can be met for the first time when measuring. EVS cannot be had.
The line's distortions follow the practice of RawBoost (Tak et al. 2022) and of codec augmentation in ASVspoof 2021 (Das 2021).
"""
import ctypes
import ctypes.util
import os
import tempfile

import numpy as np
import soundfile as sf
from scipy.signal import lfilter, oaconvolve

from .coding import FFMPEG, RATE, run

OPUS = ["-c:a", "libopus", "-application", "voip"]
NARROW = ([("g711u",)] * 3 + [("g711a",)] * 3 + [("gsm",)] * 2 + [("pcm8",)]
          + [(f"amrnb{m}",) for m in range(8)]
          + [(f"g726_{r}",) for r in (24, 32, 40)] + [(f"opusnb{r}",) for r in (6, 8, 12, 16, 24)]
          + [("amrnb7", "g711a"), ("amrnb5", "g711u"), ("gsm", "g711u"), ("g711a", "gsm"), ("opusnb12", "g711u"),
             ("amrnb4", "amrnb7"), ("opuswb24", "g711a"), ("amrwb2", "g711u")])
WIDE = ([("g722",)] * 3 + [("pcm16",)] * 2 + [(f"amrwb{m}",) for m in (0, 1, 2, 2, 4, 6, 8, 8)]
        + [(f"opuswb{r}",) for r in (9, 12, 16, 16, 20, 24, 32)]
        + [("amrwb2", "g722"), ("opuswb24", "amrwb2"), ("opuswb16", "opuswb24")])


def amr_wb(x, mode, path):
    """int16 samples to an .awb file (RFC 4867 storage format) with libvo-amrwbenc."""
    name = ctypes.util.find_library("vo-amrwbenc")
    if not name:
        raise RuntimeError("libvo-amrwbenc is missing: install libvo-amrwbenc0")
    lib = ctypes.CDLL(name)
    lib.E_IF_init.restype = ctypes.c_void_p
    lib.E_IF_encode.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    lib.E_IF_exit.argtypes = [ctypes.c_void_p]
    state, packet, out = lib.E_IF_init(), ctypes.create_string_buffer(128), [b"#!AMR-WB\n"]
    x = np.ascontiguousarray(np.pad(x, (0, -len(x) % 320)))
    for i in range(0, len(x), 320):
        n = lib.E_IF_encode(state, mode, x.ctypes.data + 2 * i, packet, 0)
        out.append(packet.raw[:n])
    lib.E_IF_exit(state)
    with open(path, "wb") as f:
        f.write(b"".join(out))


def coder(name):
    """x -> x for one coder, by name."""
    def code(x):
        with tempfile.TemporaryDirectory() as t:
            a, b, c = (os.path.join(t, n) for n in ("a.wav", "b", "c.wav"))
            pcm = np.round(np.clip(x, -1, 1) * 32767).astype(np.int16)
            sf.write(a, pcm, RATE, subtype="PCM_16")
            raw, eight = [], ["-ar", "8000"]
            if name.startswith("g711"):
                b += ".wav"; run(FFMPEG + ["-i", a] + eight + ["-c:a", "pcm_mulaw" if name[-1] == "u" else "pcm_alaw", b])
            elif name == "pcm8":
                b += ".wav"; run(FFMPEG + ["-i", a] + eight + [b])
            elif name == "pcm16":
                return pcm.astype(np.float32) / 32767
            elif name == "gsm":
                b += ".gsm"; run(FFMPEG + ["-i", a] + eight + ["-c:a", "libgsm", "-f", "gsm", b])
            elif name.startswith("g726"):
                b += ".wav"; run(FFMPEG + ["-i", a] + eight + ["-c:a", "g726", "-b:a", name[5:] + "k", b])
            elif name.startswith("amrnb"):
                b += ".amr-nb"; run(FFMPEG + ["-i", a] + eight + [c])
                run(["sox", c, "-C", name[5:], "-t", "amr-nb", b])
                run(["sox", "-t", "amr-nb", b, "-r", "16000", "-c", "1", c])
                return sf.read(c, dtype="float32")[0]
            elif name.startswith("amrwb"):
                b += ".awb"; amr_wb(pcm, int(name[5:]), b)
            elif name.startswith("opusnb"):
                b += ".ogg"; run(FFMPEG + ["-i", a] + eight + OPUS + ["-b:a", name[6:] + "k", b])
            elif name.startswith("opuswb"):
                b += ".ogg"; run(FFMPEG + ["-i", a] + OPUS + ["-b:a", name[6:] + "k", b])
            elif name == "g722":
                b += ".g722"; raw = ["-f", "g722"]; run(FFMPEG + ["-i", a, "-c:a", "g722", "-f", "g722", b])
            else:
                raise ValueError(f"unknown coder {name}")
            run(FFMPEG + raw + ["-i", b, "-ac", "1", "-ar", str(RATE), c])
            return sf.read(c, dtype="float32")[0]
    return code


def active_level(x):
    """RMS of the frames within 30 dB of the loudest."""
    n = len(x) // 320
    if n == 0:
        return np.sqrt(np.mean(x ** 2) + 1e-12)
    p = (x[:n * 320].reshape(n, 320) ** 2).mean(1)
    return np.sqrt(p[p >= p.max() * 1e-3].mean() + 1e-12)


def line_filter(rng, narrow):
    """Linear-phase FIR of 161 taps: a smooth random response, and edges of a handset or a line."""
    f = np.linspace(0, 8000, 257)
    size = rng.choice([0, 2, 5, 8], p=[0.2, 0.3, 0.3, 0.2])
    knots = np.log([60, 150, 300, 600, 1200, 2200, 3200, 4500, 7000])
    db = np.interp(np.log(np.maximum(f, 50)), knots, rng.uniform(-size, size, len(knots)))
    if rng.random() < 0.6:
        edge = rng.uniform(150, 350) if narrow else rng.uniform(50, 200)
        db -= rng.choice([12, 24]) * np.maximum(0, np.log2(edge / np.maximum(f, 20)))
    if rng.random() < (0.6 if narrow else 0.2):
        edge = rng.uniform(3000, 3700) if narrow else rng.uniform(3400, 7400)
        db -= rng.choice([40, 80, 160]) * np.maximum(0, np.log2(np.maximum(f, 20) / edge))
    h = np.fft.fftshift(np.fft.irfft(10 ** (np.maximum(db, -80) / 20)))
    return (h[256 - 80:256 + 81] * np.hanning(161)).astype(np.float32)


class Line:
    """What one call's line does before the coder: drawn from a seed, so members of a group meet the same."""

    def __init__(self, seed, narrow, noises, rooms, speech):
        rng = np.random.default_rng(seed)
        self.recode = rng.random() < 0.3
        self.gate = rng.random() < 0.12
        self.room = rooms[rng.integers(len(rooms))] if rng.random() < 0.22 else None
        self.filter = line_filter(rng, narrow)
        self.level = 10 ** (rng.uniform(-40, -12) / 20)
        self.overdrive = 10 ** (rng.uniform(3, 14) / 20) if rng.random() < 0.1 else 0
        self.agc = rng.uniform(0.2, 0.7) if rng.random() < 0.12 else 0
        kind = rng.choice(["none", "white", "noise", "babble"], p=[0.22, 0.25, 0.38, 0.15])
        n = 9 * RATE
        self.noise = None
        if kind == "white":
            self.noise, self.snr = lfilter([1], [1, -rng.uniform(0, 0.95)], rng.standard_normal(n)), rng.uniform(12, 45)
        elif kind == "noise":
            self.noise, self.snr = self.piece(rng, noises, n), float(np.clip(rng.normal(20, 9), 0, 42))
        elif kind == "babble":
            self.noise = sum(rng.uniform(0.4, 1) * self.piece(rng, speech, n) for _ in range(int(rng.integers(3, 7))))
            self.snr = rng.uniform(5, 30)
        self.loss = rng.uniform(0.005, 0.08) if rng.random() < 0.2 else 0
        self.loss_seed, self.repeat = int(rng.integers(2 ** 31)), rng.random() < 0.6

    @staticmethod
    def piece(rng, bank, n):
        x = bank[rng.integers(len(bank))].astype(np.float32)
        x = np.tile(x, n // len(x) + 2)
        at = rng.integers(len(x) - n)
        return x[at:at + n] / (np.sqrt(np.mean(x ** 2)) + 1e-6)

    def before(self, x):
        if self.gate:
            n = len(x) // 160
            p = np.repeat((x[:n * 160].reshape(n, 160) ** 2).mean(1), 160)
            x = np.pad(np.where(p > p.max() * 10 ** -3.5, x[:n * 160], 0), (0, len(x) - n * 160)) if n else x
        if self.room is not None:
            x = oaconvolve(x, self.room)[:len(x)]
        x = oaconvolve(x, self.filter)[80:80 + len(x)]
        if self.agc:
            envelope = np.sqrt(lfilter([0.002], [1, -0.998], x ** 2) + 1e-8)
            x = x * np.minimum(envelope ** -self.agc, 1000)
        x = x / active_level(x)
        if self.noise is not None:
            x = x + self.noise[:len(x)] * 10 ** (-self.snr / 20)
        if self.overdrive:
            x = np.clip(x * self.overdrive / 4, -1, 1) * 4 / self.overdrive
        return np.clip(x * self.level, -1, 1).astype(np.float32)

    def after(self, x):
        if not self.loss:
            return x
        y, rng = x.copy(), np.random.default_rng(self.loss_seed)
        lost = rng.random(9 * RATE // 320 + 1) < self.loss
        for i in range(1, len(y) // 320):
            if lost[i]:                          # the last packet again, quieter; or silence
                y[i * 320:(i + 1) * 320] = y[(i - 1) * 320:i * 320] * (0.7 if self.repeat else 0)
        return y


REFERENCE = {"nb": ("g711u", "g711a", "gsm", "amrnb7", "amrnb3", "opusnb8"), "wb": ("opuswb16", "opuswb24", "g722")}


class ReferenceLine:
    """The line of the reference telephone bank: level -32...-20 dBFS, white noise at 15...35 dB, band edges."""

    def __init__(self, seed, narrow, *_):
        from scipy.signal import butter
        rng = np.random.default_rng(seed)
        self.recode, self.level, self.snr, self.seed = False, 10 ** (rng.uniform(-32, -20) / 20), rng.uniform(15, 35), seed
        if narrow:
            high = butter(2, 200, "highpass", fs=RATE, output="sos")
            self.sos = np.concatenate([high, high, butter(2, 3500, "lowpass", fs=RATE, output="sos")])
        else:
            self.sos = butter(2, 60, "highpass", fs=RATE, output="sos")

    def before(self, x):
        from scipy.signal import sosfilt
        level = np.sqrt(np.mean(x ** 2)) + 1e-9
        noise = np.random.default_rng(self.seed).standard_normal(len(x)) * 10 ** (-self.snr / 20)
        return sosfilt(self.sos, np.clip((x / level + noise) * self.level, -1, 1)).astype(np.float32)

    def after(self, x):
        return x
