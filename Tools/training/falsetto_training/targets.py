"""Speech targets: frames of the dry clip within 30 dB of its loud frames, smoothed, seen 100 ms late."""
import os

import numpy as np
from scipy.ndimage import binary_closing, binary_opening

from . import bank
from .corpus import Progress

STEP = 800                                       # one output of the network, 50 ms


def activity(x):
    """0/1 for each 10 ms."""
    n = len(x) // 160
    if n == 0:
        return np.zeros(1, bool)
    y = np.diff(x, prepend=x[:1]) * 0.7 + x * 0.3   # lean towards 1 kHz and up: hum is not speech
    db = 10 * np.log10((y[:n * 160].reshape(n, 160) ** 2).mean(1) + 1e-9)
    loud = np.percentile(db, 95)
    floor = np.percentile(db, 5)
    threshold = min(max(loud - 30, floor + 6), loud - 12)
    on = binary_opening(np.convolve(db > threshold, np.ones(3) / 3, "same") > 0.5, np.ones(4))
    return binary_closing(np.pad(on, 20), np.ones(17))[20:-20]


def of_clip(x):
    a = activity(x)
    m = len(x) // STEP
    # Output j has seen samples up to 800 j + 1112; look back about 100 ms from there.
    at = np.clip((np.arange(m) * STEP + 1112 - 1600) // 160, 0, len(a) - 1)
    return a[at].astype(np.uint8) * (np.arange(m) > 1)


def build(work):
    path = os.path.join(work, "targets.u8")
    t = bank.items(work)
    if os.path.exists(path):
        parts = [os.path.join(work, p + ".csv") for p in set(t.part)]
        if os.path.getsize(path) != (t.samples // STEP).sum() or bank.older(path, parts):
            raise SystemExit(f"targets: {path} was made of other clips: remove it")
        return
    load, out, progress = bank.dry(work), [], Progress("speech targets", len(t))
    for i, kind in enumerate(t.kind.values):
        n = t.samples.values[i] // STEP
        out.append(np.zeros(n, np.uint8) if kind == "nonspeech" else of_clip(load(i)))
        progress(i + 1)
    with open(path + ".part", "wb") as f:
        f.write(np.concatenate(out).tobytes())
    os.replace(path + ".part", path)


def load(work):
    t = bank.items(work)
    n = (t.samples // STEP).values
    return np.fromfile(os.path.join(work, "targets.u8"), np.uint8), np.concatenate([[0], np.cumsum(n)[:-1]]), n
