"""Acoustic models trained here, on the people of the train split: speech to 250 to 350 bits a second, and back to a log mel that is
predicted.

What cloners share is less their vocoder than a spectrogram guessed from a poor description: text, units, a codec's tokens. Here the
description is made from the recording itself: a narrow neck of finite scalar quantisation (Mentzer et al. 2023, arXiv 2309.15505) at
16 to 31 vectors a second beside the clip's mean spectrum, which stands for voice and room; the decoder never saw more. The pace may be
drawn anew, and the mean may be another person's (a conversion). A vocoder of ownvocoders.py or the corpus' HiFi-GAN makes sound of it.
"""
import os
import time

import numpy as np
import soxr
import torch
import torch.nn.functional as F
from torch import nn

from . import corpus, folds, ownvocoders, vocoders
from .ownvocoders import Block
from .vocoders import RATE, fit

# strides: halvings of the frame rate before the neck; levels: steps of each number in it; foe: weight of an adversary.
DESIGNS = {"even256": dict(vocoder="istft256", strides=2, levels=(8, 8, 8, 5, 5, 5), foe=0.0, seed=11),
           "sharp200": dict(vocoder="istft200", strides=2, levels=(8, 8, 5, 5, 5), foe=0.15, seed=12),
           "fine256": dict(vocoder="istft256", strides=1, levels=(8, 5, 5, 5), foe=0.15, seed=13),
           "wave256": dict(vocoder="hifigan", strides=2, levels=(8, 8, 8, 5, 5, 5), foe=0.15, seed=14)}
SECONDS, BATCH, STEPS, WIDTH = 1.5, 12, 1500, 160
VOICES = 60                                      # drawn of each fold, to be taken as another's


class Neck(nn.Module):
    """Numbers rounded to a few levels; the gradient passes as if they were not."""

    def __init__(self, levels):
        super().__init__()
        self.register_buffer("reach", (torch.tensor(levels, dtype=torch.float32)[:, None] - 1) / 2, False)

    def forward(self, z):
        z = torch.tanh(z) * self.reach
        shift = (self.reach % 1)                  # an even number of levels stands between whole numbers
        return (z + (torch.round(z + shift) - shift - z).detach()) / self.reach


class Acoustic(nn.Module):
    def __init__(self, bands, strides, levels):
        super().__init__()
        self.strides = strides
        self.inlet = nn.Conv1d(bands, WIDTH, 5, padding=2)
        self.down = nn.ModuleList(nn.Sequential(Block(WIDTH), nn.Conv1d(WIDTH, WIDTH, 4, 2, 1)) for _ in range(strides))
        self.narrow, self.neck = nn.Conv1d(WIDTH, len(levels), 1), Neck(levels)
        self.widen, self.voice = nn.Conv1d(len(levels), WIDTH, 3, padding=1), nn.Linear(bands, WIDTH)
        self.up = nn.ModuleList(nn.Sequential(Block(WIDTH), Block(WIDTH)) for _ in range(strides + 1))
        self.outlet = nn.Conv1d(WIDTH, bands, 5, padding=2)

    def forward(self, mel, voice=None, pace=None):
        """[B, bands, T] log mel -> the same, T a multiple of 2^strides; `voice`: another clip's mean; `pace`: lengths of the stretches to draw."""
        mean = mel.mean(2)
        x = self.inlet(mel - mean[..., None])
        for d in self.down:
            x = d(x)
        x = self.widen(self.neck(self.narrow(x)))
        if pace is not None:
            at = torch.from_numpy(np.clip(pace(x.shape[2]), 0, x.shape[2] - 1)).long()
            x = x[:, :, at]
        mean = mean if voice is None else voice
        x = x + self.voice(mean + 4)[..., None]
        for k, u in enumerate(self.up):
            x = u(x)
            if k < self.strides:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.outlet(x) + mean[..., None]


class HifiGAN:
    """The corpus' HiFi-GAN in the shape of a vocoder of ownvocoders.py."""

    def __init__(self, folder):
        self.gan = vocoders.HifiGAN(vocoders.hifigan_path(folder), shakes=(0,))
        self.filters = torch.from_numpy(self.gan.filters.T)

    def mel(self, x):
        return torch.from_numpy(np.stack([self.gan.mel(soxr.resample(c, RATE, 22050)).T for c in x.numpy()]))

    def __call__(self, mel):
        y = self.gan.sessions[0].run(None, {"mel": mel.numpy()})[0].reshape(len(mel), -1)
        return torch.from_numpy(np.stack([soxr.resample(c, 22050, RATE) for c in y]))


def vocoder_of(folder, work, name):
    return HifiGAN(folder) if DESIGNS[name]["vocoder"] == "hifigan" else ownvocoders.load(work, DESIGNS[name]["vocoder"])


class Foe(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, c, (5, 5), padding=2), nn.LeakyReLU(0.1), nn.Conv2d(c, 2 * c, (5, 5), (2, 2), 2), nn.LeakyReLU(0.1),
                                    nn.Conv2d(2 * c, 2 * c, (5, 5), (2, 2), 2), nn.LeakyReLU(0.1), nn.Conv2d(2 * c, 1, 3, padding=1))

    def forward(self, mel):
        return self.layers(mel[:, None])


def train(folder, work, name, threads=1):
    path = os.path.join(work, f"acoustic.{name}.pt")
    if os.path.exists(path):
        return
    torch.set_num_threads(threads)
    design = DESIGNS[name]
    torch.manual_seed(design["seed"])
    rng = np.random.default_rng(design["seed"])
    clips = ownvocoders.crops(work, rng, SECONDS, int(SECONDS * RATE), BATCH)
    vocoder = vocoder_of(folder, work, name)
    net, foe = Acoustic(vocoder.filters.shape[1], design["strides"], design["levels"]), Foe()
    opt = torch.optim.AdamW(net.parameters(), 1.5e-3, betas=(0.8, 0.95), weight_decay=0.01)
    opt_foe = torch.optim.AdamW(foe.parameters(), 5e-4, betas=(0.5, 0.9))
    progress, began = corpus.Progress(name, STEPS), time.time()
    for step in range(STEPS):
        ownvocoders.set_rate(opt, 1.5e-3, step, STEPS)
        with torch.no_grad():
            mel = vocoder.mel(next(clips))
            mel = mel[:, :, :mel.shape[2] // 4 * 4]
        with torch.autocast("cpu", torch.bfloat16):
            y = net(mel)
        y = y.float()
        loss = (y - mel).abs().mean()
        plain = loss.item()
        if design["foe"] and step > STEPS // 3:
            loss = loss + design["foe"] * ownvocoders.opposed(foe, opt_foe, y, mel)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        progress(step + 1, f"distance of log mel {plain:.3f}")
    corpus.save({"net": net.state_dict(), "design": design, "steps": STEPS, "seconds": time.time() - began}, path)


class Predicted:
    """Trained acoustic models before their vocoders: (x, rng) -> (y, what was done). Other voices come from `fold`, the clip's own, so
    that no twin carries one out of its fold."""

    def __init__(self, folder, work):
        self.nets, self.voices = [], {}
        table, audio = corpus.load(work, "originals")
        fold, people, self.fold = folds.of_items(table), np.flatnonzero((table.kind == "human") & (table.samples > RATE)), 0
        people = {k: np.random.default_rng([41, k]).choice(people[fold[people] == k], VOICES) for k in range(folds.FOLDS)}
        for name, design in DESIGNS.items():
            saved = torch.load(os.path.join(work, f"acoustic.{name}.pt"), weights_only=False)
            vocoder = vocoder_of(folder, work, name)
            net = Acoustic(vocoder.filters.shape[1], design["strides"], design["levels"])
            net.load_state_dict(saved["net"])
            self.nets.append((name, net.eval(), vocoder))
            if design["vocoder"] not in self.voices:
                self.voices[design["vocoder"]] = {k: [self.mean(vocoder, audio[table.offset[i]:table.offset[i] + table.samples[i]]) for i in rows]
                                                  for k, rows in people.items()}

    @staticmethod
    @torch.no_grad()
    def mean(vocoder, clip):
        x = clip.astype(np.float32) / 32767
        return vocoder.mel(torch.from_numpy(x * np.float32(0.1 / (np.sqrt(np.mean(x ** 2)) + 1e-4)))[None]).mean(2)

    @torch.no_grad()
    def __call__(self, x, rng):
        name, net, vocoder = self.nets[rng.integers(len(self.nets))]
        level = 0.1 / (np.sqrt(np.mean(x ** 2)) + 1e-5)
        mel = vocoder.mel(torch.from_numpy(np.pad(x * level, (0, 2048)).clip(-1, 1).astype(np.float32))[None])
        mel = mel[:, :, :mel.shape[2] // 4 * 4]
        voice, pace = None, None
        if rng.random() < 0.3:
            others = self.voices[DESIGNS[name]["vocoder"]][self.fold]
            share = float(rng.uniform(0.4, 1))
            voice = share * others[rng.integers(len(others))] + (1 - share) * mel.mean(2)
        if rng.random() < 0.5:
            # Pace: knots of speed, the whole as long as before.
            speed = np.exp(rng.normal(0, rng.uniform(0.05, 0.2), 6))
            def pace(n):
                s = np.interp(np.linspace(0, 5, n), np.arange(6), speed)
                return np.round(np.cumsum(s) / s.sum() * n - 0.5).astype(int)
        y = net(mel, voice, pace)
        if rng.random() < 0.3:
            y = y + torch.from_numpy(rng.normal(0, rng.uniform(0.02, 0.2), y.shape).astype(np.float32))
        return fit(vocoder(y)[0].numpy(), len(x)), f"{name}:{'other' if voice is not None else 'own'}:{int(pace is not None)}"
