"""White-box evasion: the smallest noise that turns the score, found by gradient through the front end, the encoder and the head.

Projected gradient descent (Madry et al., ICLR 2018) in the L2 ball of a stated signal-to-perturbation ratio over the clip, and in the
band that the line carries. The ratio holds for what is scored: samples are rounded to 16 bits, and the ratio is measured after that.
"""
import numpy as np
import torch


def limited(d, edge):
    """Nothing above the line's edge, and nothing below 100 Hz."""
    f = torch.fft.rfft(d)
    hz = torch.linspace(0, 8000, f.shape[-1])
    return torch.fft.irfft(f * ((hz >= 100) & (hz <= edge)), d.shape[-1])


def within(d, x, ratio):
    """`d` shrunk, where it must be, to `ratio` dB below `x`."""
    most = x.norm(dim=-1, keepdim=True) * 10 ** (-ratio / 20)
    return d * (most / d.norm(dim=-1, keepdim=True).clamp_min(1e-12)).clamp(max=1)


def ratio(x, y):
    """Signal-to-perturbation ratio in dB."""
    return 10 * np.log10((np.asarray(x, np.float64) ** 2).sum() / max(((np.asarray(y, np.float64) - x) ** 2).sum(), 1e-30))


def sixteen(y):
    return np.round(np.clip(y, -1, 1) * 32767).astype(np.float32) / 32767


def perturbed(listener, clip, direction, decibels, edge, steps):
    """Clips of one length pushed towards +1 synthetic or -1 human. [B, N] float32 -> [B, N]."""
    x = torch.from_numpy(np.stack(clip))
    # Rounding to 16 bits is noise too: a clip at -26 dBFS has it 70 dB down, so a tenth of a decibel is room enough.
    target = decibels + 0.1
    reach = x.norm(dim=-1, keepdim=True) * 10 ** (-target / 20)
    d, best, found = torch.zeros_like(x), torch.full((len(x),), -np.inf), torch.zeros_like(x)
    for step in range(steps + 1):
        d.requires_grad_(True)
        s = direction * listener.mean(x + d)
        better = s.detach() > best
        best = torch.where(better, s.detach(), best)
        found = torch.where(better[:, None], d.detach(), found)
        if step == steps:
            break
        g, = torch.autograd.grad(s.sum(), d)
        g = limited(g, edge)
        g = g / g.norm(dim=-1, keepdim=True).clamp_min(1e-20)
        # Steps shrink from the whole reach to a twentieth of it: to the edge of the ball first, then along it.
        d = within(d.detach() + g * reach * 0.05 ** (step / max(1, steps - 1)), x, target)
    return [sixteen(y) for y in (x + found).detach().numpy()]


def attack(listener, clips, direction, decibels, edge, steps, batch=20):
    """Clips of any lengths; a batch holds clips of one length, so that no padding takes part in the ratio."""
    out = [None] * len(clips)
    by_length = {}
    for i, c in enumerate(clips):
        by_length.setdefault(len(c), []).append(i)
    for members in by_length.values():
        for at in range(0, len(members), batch):
            part = members[at:at + batch]
            for i, y in zip(part, perturbed(listener, [clips[i] for i in part], direction, decibels, edge, steps)):
                out[i] = y
    return out
