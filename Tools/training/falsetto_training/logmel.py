"""The log mel spectrum in blocks of 0.4 s that begin with the speech, normalised by a tracked top: Sources/Spectra/LogMel.swift.

Filters and logarithm as in Whisper (Radford et al. 2022; openai/whisper, audio.py: Slaney's filters of unit area over |X|^2 of a Hann window);
theirs is set against the loudest band of the clip, ours against a top that falls from block to block and needs no future.

The track of a leg counts its hops from the leg's first sample; what the encoder hears must not depend on where that lies in the speech. So
blocks of a hop's length are laid anew where speech sets in, and each belongs to the hop in which it ends.
"""
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

RATE, FRAME, STEP, FRAMES, BANDS = 16000, 400, 160, 40, 80
HOP, BEHIND = STEP * FRAMES, FRAME // 2          # samples of a hop, and what its last frame reaches beyond it
LEAD, BEFORE = FRAME // 2 - STEP, 3              # samples of the hop before that its first frame needs; frames of it that convolutions need
SILENCE, DEPTH, FALL, LOWEST, QUIET = -10.0, 8.0, 0.04, -5.0, 4.0
SOFT, RISE = 1.5, 2.0                            # decades below the level heard lately that are soft; above it that speech sets in
SETTINGS = {"sampleRate": RATE, "frameSamples": FRAME, "stepSamples": STEP, "framesPerHop": FRAMES, "bandCount": BANDS, "depth": DEPTH,
            "fallPerHop": FALL, "leastTop": LOWEST, "quietBelowTop": QUIET, "gateBelowTop": 2.2,
            "onset": {"softBelowLevel": SOFT, "riseAboveLevel": RISE}}


def hop_count(samples):
    """Hops of so many samples, the last one completed with silence; numbers or arrays."""
    return -(-np.asarray(samples) // HOP)


def filled(x):
    """[N] samples -> the same, with silence behind, as long as its hops need."""
    return np.pad(x, (0, int(hop_count(len(x))) * HOP + BEHIND - len(x)))


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
    """[..., LEAD + HOP + BEHIND + ...] samples -> [..., frames, BANDS] of log10 power; the first frame begins with the first sample."""
    bank, window = constants(line)
    power = torch.fft.rfft(line.unfold(-1, FRAME, STEP) * window)
    return torch.log10(torch.clamp((power.real.square() + power.imag.square()) @ bank, min=10 ** SILENCE))


def ends_within(began, samples):
    """Which blocks (first frames, -1 for none) end within so many samples: one that the end cuts off is not heard."""
    return (began >= 0) & ((began + FRAMES) * STEP <= samples)


class Grid(NamedTuple):
    """Of each hop of a clip the block that ends in it; all [B, H]."""
    quiet: torch.Tensor                          # no block ends here, or nothing in it comes near the top
    age: torch.Tensor                            # blocks heard before it since speech set in, or since a quiet one
    began: torch.Tensor                          # its first frame; -1: no block
    top: torch.Tensor


def blocks(peaks):
    """Loudest band of each frame [T] -> (first frame, age, top, is quiet) of each block, in order.

    Speech sets in where a frame is no longer soft after as many soft ones as a block has, or stands far above what was heard lately. What is
    cut off then is soft, or far softer than what follows.
    """
    start, soft, age, top, loudest, out = 0, FRAMES, 0, LOWEST, -np.inf, []
    for i, p in enumerate(peaks):
        level = max(top, loudest)
        is_soft = p < level - SOFT
        if not is_soft and soft >= FRAMES or p > level + RISE:
            start, age, loudest = i, 0, -np.inf
        soft = soft + 1 if is_soft else 0
        loudest = max(loudest, p)
        if i == start + FRAMES - 1:
            top = max(loudest, top - FALL, LOWEST)
            quiet = loudest < top - QUIET
            out.append((start, age, top, quiet))
            start, age, loudest = i + 1, 0 if quiet else age + 1, -np.inf
    return out


def features(x):
    """[B, N] samples -> ([B, H, BEFORE + FRAMES, BANDS] features, Grid) of all whole hops; differentiable where the grid stays."""
    hops = (x.shape[1] - BEHIND) // HOP
    bands = log_bands(F.pad(x[:, :hops * HOP + BEHIND], (LEAD, 0)))
    peaks = bands.detach().amax(2).double().cpu().numpy()
    shape = len(x), hops
    grid = Grid(torch.ones(shape, dtype=torch.bool), torch.zeros(shape, dtype=torch.long), torch.full(shape, -1), torch.zeros(shape))
    for b in range(len(x)):
        for start, age, top, quiet in blocks(peaks[b].tolist()):
            at = b, (start + FRAMES - 1) // FRAMES
            grid.quiet[at], grid.age[at], grid.began[at], grid.top[at] = quiet, age, start, top
    grid = Grid(*(g.to(x.device) for g in grid))
    bands = F.pad(bands, (0, 0, BEFORE, 0), value=SILENCE)
    frames = (grid.began.clamp_min(0)[:, :, None] + torch.arange(BEFORE + FRAMES, device=x.device)).flatten(1)
    bands = bands[torch.arange(len(x), device=x.device)[:, None], frames].view(*shape, BEFORE + FRAMES, BANDS)
    return (torch.clamp(bands - grid.top.to(bands)[:, :, None, None], min=-DEPTH) + 5) / 4, grid
