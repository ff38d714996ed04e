"""Vocoders trained here, on the people of the train split: log mel in, complex spectrum out, one inverse transform.

The design is Vocos' (Siuzdak 2023, arXiv 2306.00814): ConvNeXt blocks at the rate of frames, a head of log magnitude and phase. Losses:
L1 of log mel, multi-resolution STFT (Yamamoto et al. 2020), and from a third of the steps on a least-squares adversary over spectrograms
of random resolution. Two of them with different frames, hops and bands, so that neither's grid is the sign of a machine;
their weights are shaken and their input blurred at use, as with HiFi-GAN.
"""
import os
import time
from functools import partial

import numpy as np
import soxr
import torch
import torch.nn.functional as F
from torch import nn

from . import corpus
from .vocoders import RATE, blur_mel, fit, slaney_mel

DESIGNS = {"istft256": dict(size=1024, hop=256, bands=80, width=192, depth=4, seed=1),
           "istft200": dict(size=800, hop=200, bands=64, width=160, depth=5, seed=2)}
SHAKES = (0, 0, 0.01, 0.02, 0.04)
SECONDS, BATCH, STEPS = 0.8, 12, 1600


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.time = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.25))

    def forward(self, x):
        y = self.norm(self.time(x).transpose(1, 2))
        return x + (self.scale * self.down(F.gelu(self.up(y)))).transpose(1, 2)


class Vocoder(nn.Module):
    def __init__(self, size, hop, bands, width, depth, seed):
        super().__init__()
        self.size, self.hop = size, hop
        self.register_buffer("window", torch.hann_window(size), False)
        self.register_buffer("filters", torch.from_numpy(slaney_mel(RATE, size, bands, 7600).T.copy()), False)
        self.inlet = nn.Conv1d(bands, width, 7, padding=3)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.outlet = nn.Linear(width, size + 2)

    def mel(self, x):
        """[B, N] -> [B, bands, T], natural log, N a multiple of the hop gives T = N / hop + 1."""
        s = torch.stft(x, self.size, self.hop, window=self.window, return_complex=True).abs()
        return torch.log((s.transpose(1, 2) @ self.filters).clamp_min(1e-5)).transpose(1, 2)

    def forward(self, mel):
        x = self.inlet(mel + 4)
        for b in self.blocks:
            x = b(x)
        m, p = self.outlet(self.norm(x.transpose(1, 2))).float().transpose(1, 2).chunk(2, 1)
        return torch.istft(torch.exp(m.clamp(max=6)) * torch.complex(torch.cos(p), torch.sin(p)), self.size, self.hop, window=self.window)


class Adversary(nn.Module):
    """Small 2-D convolutions over a log magnitude spectrogram."""

    def __init__(self, c=16):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, c, (3, 9), padding=(1, 4)), nn.LeakyReLU(0.1), nn.Conv2d(c, c, (3, 9), (1, 2), (1, 4)), nn.LeakyReLU(0.1),
                                    nn.Conv2d(c, 2 * c, (3, 9), (1, 2), (1, 4)), nn.LeakyReLU(0.1), nn.Conv2d(2 * c, 2 * c, (3, 5), (1, 2), (1, 2)),
                                    nn.LeakyReLU(0.1), nn.Conv2d(2 * c, 1, 3, padding=1))

    def forward(self, x, size):
        s = torch.stft(x, size, size // 4, window=torch.hann_window(size), return_complex=True).abs()
        return self.layers(torch.log(s + 1e-3)[:, None].transpose(2, 3))


def spectral(x, y):
    loss = 0
    for size in (256, 512, 1024):
        w = torch.hann_window(size)
        a, b = (torch.stft(v, size, size // 4, window=w, return_complex=True).abs() for v in (x, y))
        loss = loss + (torch.log(a + 1e-4) - torch.log(b + 1e-4)).abs().mean() + (a - b).norm() / b.norm().clamp_min(1e-3)
    return loss / 3


def crops(work, rng, seconds, samples, count, spread=0.0):
    """Yields [count, samples] of people of the train split without end, sources by the root of their clips, at a common level
    times up to 10^(+-spread)."""
    table, audio = corpus.load(work, "originals")
    rows = np.flatnonzero((table.kind == "human") & (table.samples >= seconds * RATE * 1.1))
    weight = 1 / np.sqrt(table.source[rows].map(table.source[rows].value_counts()).values)
    while True:
        x = []
        for i in rng.choice(rows, count, p=weight / weight.sum()):
            at = table.offset.values[i] + int(rng.integers(0, table.samples.values[i] - samples + 1))
            c = audio[at:at + samples].astype(np.float32) / 32767
            c = c * 0.1 / (np.sqrt(np.mean(c ** 2)) + 1e-4)
            x.append(c * 10 ** rng.uniform(-spread, spread) if spread else c)
        yield torch.from_numpy(np.stack(x)).clamp(-1, 1)


def set_rate(opt, peak, step, steps):
    """A hundred steps up, then half a cosine down."""
    for g in opt.param_groups:
        g["lr"] = peak * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * step / steps)) + 1e-6


def opposed(foe, opt, made, real):
    """One least-squares step of the adversary (Mao et al. 2017, LSGAN) against what was made; then what it thinks of that, as a loss."""
    opt.zero_grad()
    (((foe(real) - 1) ** 2).mean() + (foe(made.detach()) ** 2).mean()).backward()
    opt.step()
    return ((foe(made) - 1) ** 2).mean()


def train(work, name, threads=1):
    path = os.path.join(work, f"vocoder.{name}.pt")
    if os.path.exists(path):
        return
    torch.set_num_threads(threads)
    design = DESIGNS[name]
    torch.manual_seed(design["seed"])
    rng = np.random.default_rng(design["seed"])
    clips = crops(work, rng, SECONDS, int(SECONDS * RATE) // design["hop"] * design["hop"], BATCH, spread=0.3)
    net, foe = Vocoder(**design), Adversary()
    opt = torch.optim.AdamW(net.parameters(), 1e-3, betas=(0.8, 0.95), weight_decay=0.01)
    opt_foe = torch.optim.AdamW(foe.parameters(), 5e-4, betas=(0.8, 0.95))
    progress, began = corpus.Progress(name, STEPS), time.time()
    for step in range(STEPS):
        set_rate(opt, 1e-3, step, STEPS)
        x = next(clips)
        with torch.no_grad():
            mel = net.mel(x)
        with torch.autocast("cpu", torch.bfloat16):
            y = net(mel)
        loss = 2 * (net.mel(y) - mel).abs().mean() + spectral(y, x)
        if step > STEPS // 3:
            loss = loss + 0.3 * opposed(partial(foe, size=int(rng.choice([256, 512, 1024]))), opt_foe, y, x)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        opt.step()
        progress(step + 1, f"loss {loss.item():.3f}")
    corpus.save({"net": net.state_dict(), "design": design, "steps": STEPS, "seconds": time.time() - began}, path)


def load(work, name):
    saved = torch.load(os.path.join(work, f"vocoder.{name}.pt"), weights_only=False)
    net = Vocoder(**saved["design"])
    net.load_state_dict(saved["net"])
    return net.eval()


def shaken(work):
    """[(name, vocoder)]: the trained ones, and copies of them with shaken weights."""
    nets = []
    for name in DESIGNS:
        for k, amount in enumerate(SHAKES):
            net = load(work, name)
            torch.manual_seed(100 + k)
            with torch.no_grad():
                for p in net.parameters():
                    if amount and p.ndim > 1:
                        p.mul_(1 + amount * torch.randn_like(p))
            nets.append((f"{name}.{k}", net))
    return nets


class CopySynthesis:
    """Any of some named vocoders on a clip's own log mel, blurred or not, pitched before and back after or not: (x, rng) -> (y, what was done)."""

    def __init__(self, nets):
        self.nets = nets

    @torch.no_grad()
    def __call__(self, x, rng):
        name, net = self.nets[rng.integers(len(self.nets))]
        pitch = float(np.exp(rng.uniform(np.log(0.85), np.log(1.18)))) if rng.random() < 0.4 else 1.0
        level = 0.1 / (np.sqrt(np.mean(x ** 2)) + 1e-5)
        z = np.pad(x * level, (0, 512)).astype(np.float32)
        if pitch != 1:
            z = soxr.resample(z, RATE, RATE * pitch).astype(np.float32)
        m = net.mel(torch.from_numpy(z)[None])
        blurred = rng.random() < 0.6
        if blurred:
            m = torch.from_numpy(blur_mel(m[0].T.numpy(), rng).T.copy())[None]
        y = net(m)[0].numpy()
        if pitch != 1:
            y = soxr.resample(y, RATE * pitch, RATE)
        return fit(y, len(x)), f"{name}:{pitch:.2f}:{int(blurred)}"
