"""One training run: sources kept, recipe, seed -> network with averaged weights, saved with its history."""
import json
import math
import os
import time
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
import torch.nn.functional as F

from . import bank, folds, network, sampling, scoring
from .corpus import Progress, save
from .frontend import features
from .muon import Muon


@dataclass
class Recipe:
    name: str = "base"
    architecture: str = "base"
    steps: int = 3000
    rate: float = 2e-3
    decay: float = 0.02
    warmup: int = 150
    average: float = 0.998                       # of the exponential moving average of the weights
    ranking: float = 0.5
    ranking_margin: float = 1.0
    speech: float = 0.5
    smoothing: float = 0.03
    masks: int = 2
    dropout: float = 0.0
    views: float = 0.0                           # weight of the term that draws a clip's score through a line to its score without one
    variants: tuple = (0, 1, 2)
    muon: bool = False                           # Muon for the kernels of all layers but the first and the last
    seed: int = 1
    speech_bias: float = 0.0                     # added to the speech logit when the model is used and exported
    start: str = ""                              # recipe whose last state (same fold) this one goes on from
    schedule: str = "cosine"                     # or "constant": to be ended by another recipe that starts from it
    mix: dict = field(default_factory=dict)


def mask(f, rng, count):
    """SpecAugment (Park et al. 2019): bands and moments set to the mean, per clip; the draws are shared by neighbours."""
    b, t, k = f.shape
    for _ in range(count):
        for i in range(b):
            w = int(rng.integers(0, 48))
            at = int(rng.integers(0, k - w))
            if rng.random() < 0.6:
                f[i, :, at:at + w] = 0
        for i in range(b):
            w = int(rng.integers(0, 16))
            at = int(rng.integers(0, t - w))
            if rng.random() < 0.3:
                f[i, at:at + w] = 0
    return f


def band_limit(x, cut):
    if not cut.any():
        return x
    x = x.clone()
    s = torch.fft.rfft(x[cut])
    s[:, int(s.shape[1] * 3500 / 8000):] *= 1e-3
    x[cut] = torch.fft.irfft(s, x.shape[1])
    return x


def losses(outputs, t, valid, labels, partners, r):
    spoof, speech = outputs[..., 0], outputs[..., 1]
    # The speech target is a step at a guessed place: soften it a little.
    speech_loss = (F.binary_cross_entropy_with_logits(speech, t * 0.96 + 0.02, reduction="none") * valid).sum() / valid.sum()
    w = (0.5 * t + 0.5 * torch.sigmoid(speech.detach()) * (t > 0) + 1e-4) * valid
    amount = w.sum(1)
    s = (w * spoof).sum(1) / amount
    heard = (labels >= 0) & (amount > 6)
    y = labels.clamp_min(0).float() * (1 - 2 * r.smoothing) + r.smoothing
    trust = heard.float() * (amount / 20).clamp(max=1).sqrt()
    main = (F.binary_cross_entropy_with_logits(s, y, reduction="none") * trust).sum() / trust.sum().clamp_min(1)
    rank = torch.zeros(())
    if len(partners):
        a, b = partners[:, 0], partners[:, 1]
        both = (heard[a] & heard[b]).float()
        rank = (F.softplus(r.ranking_margin - (s[b] - s[a])) * both).sum() / both.sum().clamp_min(1)
    return main, rank, speech_loss, s


def train(corpus, work, recipe, held_out, out, threads=1):
    """`held_out`: folds left out. Writes out (.pt) with the averaged weights; resumes from out + '.last'."""
    if os.path.exists(out):
        return
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    table = bank.items(work)
    fold = folds.of_items(table)
    keep = ~np.isin(fold, list(held_out))
    mix = sampling.Mix(**recipe.mix)
    pool = sampling.Pool(table, keep, recipe.variants, work, mix.source_power, bank.load_rooms(corpus) if mix.room else ())
    net = network.Network(network.ARCHITECTURES[recipe.architecture]).to(memory_format=torch.channels_last)
    net.dropout = recipe.dropout
    wide = [p for p in net.parameters() if p.ndim > 1]
    thin = [p for p in net.parameters() if p.ndim <= 1]
    kernels = [l.conv.weight for l in net.layers[1:-1] if hasattr(l, "conv")] if recipe.muon else []
    taken = {id(p) for p in kernels}
    opts = [torch.optim.AdamW([{"params": [p for p in wide if id(p) not in taken], "weight_decay": recipe.decay},
                               {"params": thin, "weight_decay": 0.0}], recipe.rate, betas=(0.9, 0.98))]
    if kernels:
        opts.append(Muon(kernels, recipe.rate, weight_decay=recipe.decay))
    averaged = {k: v.clone() for k, v in net.state_dict().items()}
    first, history, before, spent = 0, [], 0, 0.0  # steps and seconds of the stages before, and of this one so far
    if os.path.exists(out + ".last"):
        last = torch.load(out + ".last", weights_only=False)
        net.load_state_dict(last["net"])
        for o, state in zip(opts, last["opt"]):
            o.load_state_dict(state)
        averaged, first, history, before, spent = last["averaged"], last["step"], last["history"], last.get("before", 0), last["seconds"]
    elif recipe.start:
        last = torch.load(os.path.join(os.path.dirname(out), os.path.basename(out).replace(recipe.name, recipe.start, 1) + ".last"),
                          weights_only=False)
        net.load_state_dict(last["net"])
        if last["recipe"].get("muon", False) == recipe.muon:
            for o, state in zip(opts, last["opt"]):
                o.load_state_dict(state)
        averaged, before, spent = last["averaged"], last.get("before", 0) + last["step"], last["seconds"]
    batches = sampling.prefetch(sampling.Sampler(pool, mix, [recipe.seed, first]))
    rng = np.random.default_rng([recipe.seed, first, 1])
    progress, sums, began = Progress(os.path.basename(out), recipe.steps), np.zeros(5), time.time() - spent
    for step in range(first, recipe.steps):
        lr = recipe.rate * min(1, (step + 1) / recipe.warmup) + 1e-6
        if recipe.schedule == "cosine":
            lr *= 0.5 + 0.5 * math.cos(math.pi * step / recipe.steps)
        for g in (g for o in opts for g in o.param_groups):
            g["lr"] = lr
        net.train()
        x, t, valid, labels, cut, partners, views = next(batches)
        with torch.no_grad():
            f = mask(features(band_limit(x, cut), scoring.OPTIONS), rng, recipe.masks)
        m = f.shape[1] // 4
        with torch.autocast("cpu", torch.bfloat16):
            y = net(f)
        main, rank, speech, s = losses(y.float(), t[:, :m], valid[:, :m], labels, partners, recipe)
        loss = main + recipe.ranking * rank + recipe.speech * speech
        if recipe.views and len(views):
            loss = loss + recipe.views * F.smooth_l1_loss(s[views[:, 0]], s[views[:, 1]].detach())
        net.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 3.0)
        for o in opts:
            o.step()
        with torch.no_grad():
            a = min(recipe.average, (step + 1) / (step + 20))
            for k, v in net.state_dict().items():
                if v.dtype.is_floating_point:
                    averaged[k].lerp_(v, 1 - a)
        known = labels >= 0
        right = ((s > 0) == (labels == 1))[known].float().mean()
        sums += [main.item(), rank.item(), speech.item(), right.item(), 1]
        if (step + 1) % 50 == 0:
            history.append([step + 1, *(sums[:4] / sums[4])])
            progress(step + 1 - first, "loss %.3f ranking %.3f speech %.3f right %.3f" % tuple(history[-1][1:]))
            sums[:] = 0
        if (step + 1) % 500 == 0 or step + 1 == recipe.steps:
            save({"net": net.state_dict(), "opt": [o.state_dict() for o in opts], "averaged": averaged, "step": step + 1, "before": before,
                  "history": history, "recipe": asdict(recipe), "held_out": held_out, "seconds": time.time() - began}, out + ".last")
    save({"averaged": averaged, "steps": before + recipe.steps, "recipe": asdict(recipe), "held_out": held_out, "history": history,
          "seconds": time.time() - began}, out)


def load(path, speech_bias=0.0):
    """(network with averaged weights, what was saved) of a finished run, or of the last state of one that is under way."""
    d = torch.load(path, weights_only=False)
    net = network.Network(network.ARCHITECTURES[d["recipe"]["architecture"]])
    net.load_state_dict({k: v for k, v in d["averaged"].items()})
    with torch.no_grad():
        net.layers[-1].conv.bias[1] += speech_bias
    return net.eval().to(memory_format=torch.channels_last), d
