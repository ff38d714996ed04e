"""Light adaptation of the blocks to hops: taught to give in hops what the encoder without limits gives of the same sound. No labels.

Teacher: Whisper base as published (Radford et al. 2022), over windows of 3 s, unlimited attention, the window's own top. Pupil: `Encoder`, the same
weights at first, with some seconds before the window. Distance: mean square difference of a frame over the channel's variance, both
blocks, each side less what it gives on average at a position. Convolutions stay as they are.
"""
import os

import numpy as np
import torch
import torch.nn.functional as F

from . import bank, logmel, weights
from .corpus import Progress, save
from .encoder import CYCLE, HEADS, ROWS, WIDTH, Encoder

SECONDS, MOST_BEFORE = 3, 6                      # the teacher's window; whole hops that the pupil may hear before it
BATCH, STEPS, RATE, EDGE, LEAD = 16, 300, 3e-5, 5, 200   # EDGE: frames of the window's beginning that are not compared
SAMPLES = SECONDS * logmel.RATE


class Teacher:
    """forward: [B, SAMPLES] -> two tensors [B, frames, WIDTH], each position's mean taken off once `center` is known."""

    def __init__(self, encoder):
        self.e, self.center = encoder, None
        half = WIDTH // 2
        t = np.arange(SAMPLES // (2 * logmel.STEP))[:, None] * np.exp(-np.log(10000) / (half - 1) * np.arange(half))[None]
        self.positions = torch.tensor(np.concatenate([np.sin(t), np.cos(t)], 1), dtype=torch.float32, device=encoder.device)

    def __call__(self, x):
        e = self.e
        m = logmel.log_bands(F.pad(x[:, None], (logmel.FRAME // 2, logmel.FRAME // 2), mode="reflect")[:, 0])[:, :SAMPLES // logmel.STEP]
        m = (torch.maximum(m, m.amax((1, 2), keepdim=True) - logmel.DEPTH) - m.amax((1, 2), keepdim=True) + 5) / 4
        taps = lambda n, inputs: e.t[n + ".weight"].view(WIDTH, 3, inputs).transpose(1, 2)
        z = F.gelu(F.conv1d(m.transpose(1, 2), taps("conv1", logmel.BANDS), e.t["conv1.bias"], padding=1))
        z = F.gelu(F.conv1d(z, taps("conv2", WIDTH), e.t["conv2.bias"], stride=2, padding=1)).transpose(1, 2).float() + self.positions
        out = []
        for i in range(e.blocks):
            n = f"block{i + 1}."
            q, k, v = e.linear(n + "projections", e.norm(n + "attentionNorm", z)).view(*z.shape[:2], 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
            z = z + e.linear(n + "attentionOutput", F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(z.shape))
            z = z + e.linear(n + "outer", F.gelu(e.linear(n + "inner", e.norm(n + "innerNorm", z))))
            out.append(z.float())
        return out if self.center is None else [z - c for z, c in zip(out, self.center)]


def path(work):
    return os.path.join(work, "adapted.pt")


def sounds(work, variants, rng):
    """() -> [BATCH, n] samples: clips of a source end to end, each batch through one variant; the last SAMPLES are the window."""
    t = bank.items(work)
    voices, source = np.flatnonzero((t.label >= 0) & (t.samples >= 2 * logmel.RATE)), np.array(t.source.tolist())
    made = {v: (bank.load(work, v), np.intersect1d(voices, np.flatnonzero(bank.chosen(work, v, 60, 1)))) for v in variants}

    def draw():
        audio, rows = made[variants[rng.integers(len(variants))]]
        names, codes = np.unique(source[rows], return_inverse=True)
        n = SAMPLES + int(rng.integers(0, MOST_BEFORE + 1)) * logmel.HOP + LEAD
        out = np.zeros((BATCH, n), np.float32)
        for k, s in enumerate(rng.integers(0, len(names), BATCH)):
            clips, x = rng.permutation(rows[codes == s]), np.zeros(0, np.int16)
            for i in np.resize(clips, 12):
                x = np.r_[x, audio[t.offset.values[i]:t.offset.values[i] + t.samples.values[i]]]
                if len(x) >= n:
                    break
            out[k] = np.resize(x, n).astype(np.float32) / 32768
        return torch.from_numpy(out)
    return draw


def load(work):
    """The adapted tensors, float32 that bfloat16 holds exactly."""
    if not os.path.exists(path(work)):
        raise SystemExit(f"{path(work)} is missing: run the step adapt")
    return torch.load(path(work), weights_only=True)


def build(work, variants, means, device, seed=1):
    """means: [blocks, CYCLE, WIDTH] of the encoder as published."""
    file = path(work)
    if os.path.exists(file):
        return
    rng = np.random.default_rng([seed, 13])
    torch.manual_seed(seed)
    plain = weights.encoder_tensors(weights.path(work))
    pupil = Encoder({**plain, "positionMeans": means}, device)
    draw, teacher = sounds(work, variants, rng), Teacher(Encoder(plain, device))
    with torch.no_grad(), torch.autocast(device, torch.bfloat16):
        total = None
        for _ in range(40):
            z = teacher(draw()[:, -SAMPLES - LEAD:-LEAD].to(device))
            total = [a + b.sum(0) for a, b in zip(total, z)] if total else [b.sum(0) for b in z]
        teacher.center = [a / (40 * BATCH) for a in total]
        spread = [a.square().mean((0, 1)) for a in teacher(draw()[:, -SAMPLES - LEAD:-LEAD].to(device))]
        spread = [a + b.square().mean((0, 1)) for a, b in zip(spread, teacher(draw()[:, -SAMPLES - LEAD:-LEAD].to(device)))]
        spread = [(a / 2).clamp_min(0.1 * (a / 2).median()) for a in spread]
    learned = {k: torch.nn.Parameter(v) for k, v in pupil.t.items() if k.startswith("block")}
    pupil.t.update(learned)
    opt, progress, kept = torch.optim.AdamW(learned.values(), lr=RATE, weight_decay=0.0), Progress("adapt", STEPS), []
    frames = (SAMPLES // logmel.HOP) * ROWS
    for step in range(STEPS):
        for g in opt.param_groups:
            g["lr"] = RATE * min(1, (step + 1) / 50) * (1 - step / STEPS)
        x = draw().to(device)
        with torch.autocast(device, torch.bfloat16):
            with torch.no_grad():
                wanted = teacher(x[:, -SAMPLES - LEAD:-LEAD])
            given, quiet, _ = pupil(x)
        parts = []
        heard = ~quiet.repeat_interleave(ROWS, 1)[:, -frames:]
        for i in range(pupil.blocks):
            a, b = given[i + 1][:, -frames:].float(), wanted[i][:, :frames]
            d = ((a - b).square() / spread[i]).mean(2) * heard
            d[:, :EDGE] = 0
            parts.append(d.sum() / heard[:, EDGE:].sum().clamp_min(1))
        loss = sum(parts)
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned.values(), 1.0)
        opt.step()
        kept.append([p.item() for p in parts])
        progress(step + 1, "distance %.3f %.3f" % tuple(np.mean(kept[-20:], 0)))
    save({k: (learned[k].detach().cpu() if k in learned else v).to(torch.bfloat16).float() for k, v in plain.items()}, file)
