"""Statistics of a hop, and of a window of hops from those of its hops: the arithmetic of Sources/Classifier/Layers/HopStatistics.swift.

Of each channel over the frames of a hop: mean, mean square, mean square step from frame to frame. These three add up over hops.
"""
import numpy as np
import torch

from .encoder import ROWS, WIDTH

OUTPUTS = 3                                      # the convolutions' and two blocks'
STORED = OUTPUTS * 3 * WIDTH                     # of a hop, as it is kept: mean, deviation, root mean square step, output by output


def sums(z):
    """[B, H * ROWS, C] -> [B, H, 3, C]: mean, mean square, mean square step of each hop."""
    h = z.view(z.shape[0], -1, ROWS, z.shape[2])
    return torch.stack([h.mean(2), h.square().mean(2), (h[:, :, 1:] - h[:, :, :-1]).square().mean(2)], 2)


def statistics(s):
    """[..., 3, C] sums -> [..., 3 C]: mean, deviation, root mean square step. For numpy and torch."""
    mean, square, step = s[..., 0, :], s[..., 1, :], s[..., 2, :]
    if isinstance(s, torch.Tensor):
        # A gradient passes through, so no root is taken of zero.
        return torch.cat([mean, (square - mean * mean).clamp_min(1e-12).sqrt(), step.clamp_min(1e-12).sqrt()], -1)
    return np.concatenate([mean, np.sqrt(np.maximum(square - mean * mean, 0)), np.sqrt(step)], -1)


def stored(outputs):
    """The encoder's outputs -> [B, H, STORED] as kept. Deviations are small beside means: float16 holds them, not squares."""
    return torch.cat([statistics(sums(z)) for z in outputs], -1)


def kept_sums(kept, outputs):
    """[N, STORED] as kept -> [N, 3, C] float32 sums of the pooled outputs, channels one output after the other."""
    v = np.asarray(kept).reshape(len(kept), OUTPUTS, 3, WIDTH)[:, list(outputs)].astype(np.float32)
    mean, deviation, step = v[:, :, 0], v[:, :, 1], v[:, :, 2]
    return np.stack([mean, deviation ** 2 + mean ** 2, step ** 2], 1).reshape(len(kept), 3, -1)


def windows(kept, hops, outputs, chunk=512):
    """Statistics of windows. kept: [all hops, STORED]; hops: row numbers of each window, none empty -> [len(hops), 3 C] float32."""
    out = np.empty((len(hops), 3 * WIDTH * len(outputs)), np.float32)
    for at in range(0, len(hops), chunk):
        part = hops[at:at + chunk]
        count = np.array([len(h) for h in part])
        s = kept_sums(kept[np.concatenate(part)], outputs)
        out[at:at + chunk] = statistics(np.add.reduceat(s, np.cumsum(count) - count, axis=0) / count[:, None, None])
    return out
