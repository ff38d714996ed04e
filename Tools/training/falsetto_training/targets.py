"""Speech targets: which of the dry clip's 10 ms stretches lie within 30 dB of its loud ones, and their share in any block of a hop's length."""
import os

import numpy as np
from scipy.ndimage import binary_closing, binary_opening

from . import bank, logmel
from .corpus import Progress

SPEECH, PAUSE = 60, 30                           # per cent: from here on a hop is taught as speech, up to here as none
HEARD = 50                                       # per cent: from here on a hop enters the windows that a head is trained on


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
    """0/1 of each frame of the clip's hops, uint8; 0 behind its end."""
    on, frames = activity(x), int(logmel.hop_count(len(x))) * logmel.FRAMES
    return np.pad(on, (0, max(0, frames - len(on))))[:frames].astype(np.uint8)


def build(work):
    """work/targets.u8, frame after frame of all clips' hops; zeros where there is no voice."""
    path, t = os.path.join(work, "targets.u8"), bank.items(work)
    count = logmel.hop_count(t.samples.values)
    if os.path.exists(path):
        bank.refuse_other_clips(work, path, count.sum() * logmel.FRAMES)
        return
    load, out, progress = bank.dry(work), [], Progress("speech targets", len(t))
    for i, kind in enumerate(t.kind.values):
        out.append(np.zeros(count[i] * logmel.FRAMES, np.uint8) if kind == "nonspeech" else of_clip(load(i)))
        progress(i + 1)
    with open(path + ".part", "wb") as f:
        f.write(np.concatenate(out).tobytes())
    os.replace(path + ".part", path)


def shares(work, began):
    """began [hops of all clips]: first sample of a block within its clip, -1 for none -> per cent of speech in each, uint8; 0 for none."""
    count = logmel.hop_count(bank.items(work).samples.values)
    clip = np.repeat(np.cumsum(count) - count, count)
    total = np.r_[0, np.cumsum(np.fromfile(os.path.join(work, "targets.u8"), np.uint8), dtype=np.int64)]
    at = clip * logmel.FRAMES + (np.maximum(began, 0) + logmel.STEP // 2) // logmel.STEP
    share = 100 * (total[at + logmel.FRAMES] - total[at]) // logmel.FRAMES
    return np.where(began >= 0, share, 0).astype(np.uint8)
