"""The log mel spectrum in blocks of 0.4 s that begin with the speech, normalised by a tracked top: Sources/Spectra/LogMel.swift.

Filters and logarithm as in Whisper (Radford et al. 2022; openai/whisper, audio.py: Slaney's filters of unit area over |X|^2 of a Hann window);
theirs is set against the loudest band of the clip, ours against a top that falls from block to block and needs no future.

The track of a leg counts its hops from the leg's first sample; what the encoder hears must not depend on where that lies in the speech. So
blocks of a hop's length are laid anew at the sample where speech sets in, and each belongs to the hop in which it ends.
"""
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy.signal import lfilter

RATE, FRAME, STEP, FRAMES, BANDS = 16000, 400, 160, 40, 80
HOP, BEHIND = STEP * FRAMES, FRAME // 2          # samples of a hop, and what its last frame reaches beyond it
BEFORE = 3                                       # frames before a block that the convolutions need
SILENCE, DEPTH, FALL, LOWEST, QUIET = -10.0, 8.0, 0.04, -5.0, 4.0
# Onsets, in decades of power: so far below the peak is soft; so far above it speech sets in at once; how the peak falls in a second; its least.
SOFT, RISE, PEAK_FALL, LEAST, ENVELOPE = 1.5, 2.0, 0.1, -11.0, 80
SETTINGS = {"sampleRate": RATE, "frameSamples": FRAME, "stepSamples": STEP, "framesPerHop": FRAMES, "bandCount": BANDS, "depth": DEPTH,
            "fallPerHop": FALL, "leastTop": LOWEST, "quietBelowTop": QUIET, "gateBelowTop": 2.2,
            "onset": {"softBelowPeak": SOFT, "riseAbovePeak": RISE, "peakFallPerSecond": PEAK_FALL, "leastPeak": LEAST, "envelopeSamples": ENVELOPE}}


def hop_count(samples):
    """Hops of so many samples, the last one completed with silence; numbers or arrays."""
    return -(-np.asarray(samples) // HOP)


def filters():
    """[FRAME / 2 + 1, BANDS]: triangles on Slaney's mel scale, unit area (Auditory Toolbox, 1998), 0...8 kHz."""
    to_mel = lambda f: np.where(f >= 1000, 15 + np.log(np.maximum(f, 1e-9) / 1000) * 27 / np.log(6.4), 3 * f / 200)
    to_hz = lambda m: np.where(m >= 15, 1000 * np.exp(np.log(6.4) / 27 * (m - 15)), 200 * m / 3)
    bins = np.linspace(0, RATE / 2, FRAME // 2 + 1)[:, None]
    points = to_hz(np.linspace(0, to_mel(np.float64(RATE / 2)), BANDS + 2))
    w = np.maximum(0, np.minimum((bins - points[:-2]) / np.diff(points)[:-1], (points[2:] - bins) / np.diff(points)[1:]))
    return torch.from_numpy((w * (2 / (points[2:] - points[:-2]))).astype(np.float32))


_constants = {}


def constants(like):
    """(filters, window) on the tensor's device and in its type."""
    key = (like.device, like.dtype)
    if key not in _constants:
        _constants[key] = filters().to(like), torch.hann_window(FRAME).to(like)
    return _constants[key]


def log_bands(line):
    """[..., N] samples -> [..., frames, BANDS] of log10 power; the first frame begins with the first sample."""
    bank, window = constants(line)
    power = torch.fft.rfft(line.unfold(-1, FRAME, STEP) * window)
    return torch.log10(torch.clamp((power.real.square() + power.imag.square()) @ bank, min=10 ** SILENCE))


def onsets(x):
    """[N] samples -> those at which speech sets in: where the envelope is no longer soft after a block's length of soft samples, or stands far
    above its peak of late."""
    power = lfilter([1 / ENVELOPE], [1, 1 / ENVELOPE - 1], np.square(x, dtype=np.float64))
    # The peak before each sample: max(envelope, peak before - fall), in decades, as a running maximum against a slope.
    level = np.log10(np.maximum(power, 10 ** LEAST))
    slope = PEAK_FALL / RATE * np.arange(len(x))
    peak = np.r_[LEAST, (np.maximum.accumulate(level + slope) - slope)[:-1] - PEAK_FALL / RATE]
    peak = np.maximum(peak, LEAST)
    at = np.arange(len(x))
    loud = (level >= peak - SOFT) & (power > 10 ** LEAST)
    last = np.r_[-1, np.maximum.accumulate(np.where(loud, at, -1))[:-1]]
    # A leg begins as after a pause.
    return np.flatnonzero(loud & ((last < 0) | (at - last > HOP)) | (level > peak + RISE))


def starts(x):
    """[N] samples -> (first sample of each whole block, whether it begins anew)."""
    begin, out = np.unique(np.r_[0, onsets(x)]), []
    for at, end in zip(begin, np.r_[begin[1:], len(x)]):
        out += [(s, s == at) for s in range(at, end - HOP + 1, HOP)]
    return out


class Grid(NamedTuple):
    """Of each hop of a clip the block that ends in it; all [B, H]."""
    quiet: torch.Tensor                          # no block ends here, or nothing in it comes near the top
    age: torch.Tensor                            # blocks heard before it since speech set in, or since a quiet one
    began: torch.Tensor                          # its first sample; -1: no block


def features(x, samples=None):
    """[B, N] samples, of each clip so many (all) -> ([B, H, BEFORE + FRAMES, BANDS] features, Grid) of the hops; differentiable where the grid
    stays."""
    hops = int(hop_count(x.shape[1]))
    began, anew = np.full((len(x), hops), -1), np.zeros((len(x), hops), bool)
    for b, clip in enumerate(x.detach().float().cpu().numpy()):
        for start, new in starts(clip if samples is None else clip[:samples[b]]):
            began[b, (start + HOP - 1) // HOP], anew[b, (start + HOP - 1) // HOP] = start, new
    began = torch.from_numpy(began).to(x.device)
    # Of each block its frames and those before it; silence before the leg and behind it.
    lead, length = BEFORE * STEP + FRAME // 2, (BEFORE + FRAMES - 1) * STEP + FRAME
    line = F.pad(x, (lead, length))
    # Not by unfold: the gradient of what is taken from its view would have the view's size.
    at = began.clamp_min(0)[:, :, None] + torch.arange(length, device=x.device)
    bands = log_bands(line[torch.arange(len(x), device=x.device)[:, None, None], at])
    loudest = bands[:, :, BEFORE:].amax((2, 3))
    top, age = torch.full_like(loudest[:, 0], LOWEST), torch.zeros(len(x), dtype=torch.long, device=x.device)
    tops, ages, quiet = [], [], []
    for h in range(hops):
        there = began[:, h] >= 0
        top = torch.where(there, torch.maximum(loudest[:, h], (top - FALL).clamp_min(LOWEST)), top)
        silent = loudest[:, h] < top - QUIET
        age = torch.where(torch.from_numpy(anew[:, h]).to(age.device), 0, age)
        tops.append(top); ages.append(age); quiet.append(silent | ~there)
        age = torch.where(there, torch.where(silent, 0, age + 1), age)
    tops = torch.stack(tops, 1)[:, :, None, None]
    return (torch.clamp(bands - tops, min=-DEPTH) + 5) / 4, Grid(torch.stack(quiet, 1), torch.stack(ages, 1), began)
