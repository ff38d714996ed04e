"""The log mel spectrum in hops of 0.4 s, normalised by a tracked top: the arithmetic of Sources/Spectra/LogMel.swift.

Filters and logarithm as in Whisper (Radford et al. 2022; openai/whisper, audio.py: Slaney's filters of unit area over |X|^2 of a Hann window);
theirs is set against the loudest band of the clip, ours against a top that falls from hop to hop and needs no future.
"""
import numpy as np
import torch
import torch.nn.functional as F

RATE, FRAME, STEP, FRAMES, BANDS = 16000, 400, 160, 40, 80
HOP, BEHIND = STEP * FRAMES, FRAME // 2          # samples of a hop, and what its last frame reaches beyond it
LEAD, BEFORE = FRAME // 2 - STEP, 3              # samples of the hop before that its first frame needs; frames of it that convolutions need
SILENCE, DEPTH, FALL, LOWEST, QUIET = -10.0, 8.0, 0.04, -5.0, 4.0
SETTINGS = {"sampleRate": RATE, "frameSamples": FRAME, "stepSamples": STEP, "framesPerHop": FRAMES, "bandCount": BANDS, "depth": DEPTH,
            "fallPerHop": FALL, "leastTop": LOWEST, "quietBelowTop": QUIET, "gateBelowTop": 2.2}


def hop_count(samples):
    """Whole hops of so many samples; numbers or arrays."""
    return np.maximum((np.asarray(samples) - BEHIND) // HOP, 0)


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


def features(x):
    """[B, N] samples -> ([B, H, BEFORE + FRAMES, BANDS] features, [B, H] quiet) of all whole hops; differentiable."""
    hops = int(hop_count(x.shape[1]))
    bands = log_bands(F.pad(x[:, :hops * HOP + BEHIND], (LEAD, 0)))
    bands = F.pad(bands, (0, 0, BEFORE, 0), value=SILENCE).unfold(1, BEFORE + FRAMES, FRAMES).transpose(-1, -2)   # [B, H, frames, BANDS]
    loudest = bands[:, :, BEFORE:].amax((2, 3))
    top, tops = torch.full_like(loudest[:, 0], LOWEST), []
    for h in range(hops):
        top = torch.maximum(loudest[:, h], (top - FALL).clamp_min(LOWEST))
        tops.append(top)
    tops = torch.stack(tops, 1)
    return (torch.clamp(bands - tops[:, :, None, None], min=-DEPTH) + 5) / 4, loudest < tops - QUIET
