"""Training of what stands on the frozen encoder: a linear speech detector and a small head, strongly regularised.

The head: one hidden layer, dropout on input and hidden (Srivastava et al. 2014), clips mixed by pairs (mixup, Zhang et al. 2018), weights
averaged over the way that training takes at its end (Izmailov et al. 2018), several seeds side by side in one.
A clip's chance goes with 1 / sqrt(clips of its source and class); both classes are drawn alike.
"""
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

from . import bank, folds, pooling, targets
from .corpus import Progress

AVERAGED_EVERY = 5                               # steps from one set of weights that is averaged to the next


@dataclass
class Recipe:
    name: str
    variants: dict = field(default_factory=lambda: {"nb": 1.0, "wb": 1.0, "0": 1.0})    # of the bank, with their weights
    cap: int = 60                                # clips of a source and class, drawn by `seed`; 0: all
    pooled: list = field(default_factory=lambda: [1, 2])                                # outputs: 0 the convolutions', 1 the first block's
    hidden: int = 256                            # of one seed
    seeds: int = 2
    plain: int = 0                               # seeds, the first ones, that hear no handled voices (variants with an h)
    dropout: float = 0.7                         # of the hidden layer; half of it on the input
    decay: float = 0.03
    steps: int = 3000
    batch: int = 256
    rate: float = 3e-4                           # falls linearly to nothing, unless weights are averaged
    averaged: float = 0.0                        # share of the steps, the last ones, at half the rate, whose weights are averaged; 0: none are
    source_power: float = 0.5
    mixing: float = 0.5                          # least share of the first of two clips that are mixed; 1: none are
    window: int = 8                              # hops with speech
    shorter: int = 2                             # random windows of 1...window hops, beside a clip's first ones
    joined: float = 0.0                          # how many of those go on in other clips of the same voice
    whole: float = 0.5                           # how often a clip's first hops are drawn
    limit: float = 6.0                           # of standardised statistics
    speech_hops: int = 24000                     # that the speech detector is fitted on, of voices and of the rest, all variants together
    seed: int = 1


def clip_weights(source, label, power):
    """Chance of each clip; both classes sum to one half."""
    names, codes = np.unique([f"{s}/{y}" for s, y in zip(source, label)], return_inverse=True)
    w = np.bincount(codes)[codes] ** -power
    for y in (0, 1):
        w[label == y] /= 2 * w[label == y].sum()
    return w


def training_rows(data, recipe, held):
    """Rows of clips with a voice that some variant holds with at least one hop of speech, outside the fold left out."""
    t = data.table
    some = np.any([spoken(data, v) for v in recipe.variants], 0)
    return np.flatnonzero((t.label >= 0) & some & ((folds.of_items(t) != held) if held is not None else True))


def spoken(data, variant):
    """Which clips a variant holds with at least one hop of speech."""
    speech = data.share[variant] >= targets.HEARD
    some = np.add.reduceat(np.r_[speech, False], np.minimum(data.first, len(speech))) * (data.count > 0) > 0
    return data.has[variant] & some


def drawn_windows(data, variant, rows, recipe, rng):
    """[1 + shorter] lists of windows, one for each row, all of which the variant holds with speech: the first hops with speech, then random
    stretches of them, some of which go on in other clips of the same voice."""
    share = data.share[variant]
    heard = [data.hops(r)[share[data.hops(r)] >= targets.HEARD] for r in rows]
    groups = {}
    for k, r in enumerate(rows if recipe.joined else ()):
        groups.setdefault(folds.voice(data.table, r), []).append(k)
    others = {k: members for members in groups.values() for k in members}
    out = [[h[:recipe.window] for h in heard]]
    for _ in range(recipe.shorter):
        part = []
        for k, h in enumerate(heard):
            if recipe.joined and len(others[k]) > 1 and rng.random() < recipe.joined:
                length = int(rng.integers(1, recipe.window + 1))
                for other in rng.permutation([o for o in others[k] if o != k]):
                    if len(h) >= length:
                        break
                    h = np.r_[h, heard[other]]
                part.append(h[:length])
            else:
                length = int(rng.integers(1, min(len(h), recipe.window) + 1))
                at = int(rng.integers(0, len(h) - length + 1))
                part.append(h[at:at + length])
        out.append(part)
    return out


def moments(parts):
    """Weighted mean and one over the deviation of what `parts` yields: (values [N, D], weights [N])."""
    total, first, second = 0.0, 0.0, 0.0
    for x, w in parts:
        total, first = total + w.sum(), first + w @ x
        second = second + w @ (x.astype(np.float64) ** 2)
    mean = first / total
    return mean.astype(np.float32), (1 / (np.sqrt(np.maximum(second / total - mean ** 2, 0)) + 1e-6)).astype(np.float32)


def train(data, recipe, held, name):
    """(tensors of the ear, what was seen) for the sources outside `held`; see Ear for the names."""
    rows = training_rows(data, recipe, held)
    label, source = data.table.label.values[rows], data.table.source.values[rows]
    human, synthetic = int((label == 0).sum()), int((label == 1).sum())
    if min(human, synthetic) < 2:
        raise SystemExit(f"fit: {name} would be trained on {human} human and {synthetic} synthetic clips: more sources are needed")
    weight = clip_weights(source, label, recipe.source_power)
    holds, pooled = np.stack([spoken(data, v)[rows] for v in recipe.variants], 1), {}
    for v, held_rows in zip(recipe.variants, holds.T):
        windows = drawn_windows(data, v, rows[held_rows], recipe, np.random.default_rng([recipe.seed, 7]))
        pooled.update({(v, k): pooling.windows(data.kept[v], part, recipe.pooled) for k, part in enumerate(windows)})
    mean, scale = moments((pooled[v, 0], recipe.variants[v] * weight[h]) for v, h in zip(recipe.variants, holds.T))
    # One tensor of all windows; place[variant, k, clip] is a row of it. float16 is finer than what dropout leaves.
    place, parts, at = np.full((len(recipe.variants), 1 + recipe.shorter, len(rows)), -1), [], 0
    for i, v in enumerate(recipe.variants):
        for k in range(1 + recipe.shorter):
            x = pooled.pop((v, k))
            place[i, k, holds[:, i]] = np.arange(at, at + len(x))
            at += len(x)
            parts.append(torch.from_numpy(np.clip((x - mean) * scale, -recipe.limit, recipe.limit)).half())
    x, parts = torch.cat(parts), None
    chance = holds * np.array(list(recipe.variants.values()), float)
    # What handled voices teach costs finds among plain ones, and the other way round: seeds of both kinds side by side lose neither.
    plain = chance * [not (bank.reference(v) or (v, 0, False))[2] for v in recipe.variants]
    if recipe.plain and not plain.any():
        raise SystemExit("fit: plain seeds need a variant without handled voices")
    progress, nets = Progress(name, recipe.steps * recipe.seeds), []
    for s in range(recipe.seeds):
        drawn = plain if s < recipe.plain else chance
        nets.append(head(x, *(torch.from_numpy(v) for v in (label.astype(np.float32), weight * (drawn.sum(1) > 0), drawn, place)), recipe, s,
                         lambda step: progress(s * recipe.steps + step)))
    speech, about = speech_head(data, recipe, held, mean, scale)
    rounded = lambda v: v.detach().to(torch.bfloat16).float()
    tensors = {"statistics.mean": torch.from_numpy(mean), "statistics.scale": torch.from_numpy(scale),
               # Seeds side by side: their mean is one head of as many times the width. Rounded as it ships, so what is measured is what ships.
               "head.hidden.weight": rounded(torch.cat([n[1].weight for n in nets])),
               "head.hidden.bias": torch.cat([n[1].bias.detach() for n in nets]),
               "head.output.weight": torch.cat([n[4].weight.detach() for n in nets], 1) / len(nets),
               "head.output.bias": sum(n[4].bias.detach() for n in nets) / len(nets), **speech}
    t = data.table.loc[rows]
    return tensors, {"humanClips": human, "syntheticClips": synthetic, "sources": int(t.source.nunique()),
                     "owners": int(t.owner.nunique()), "systems": int(t.system[t.label == 1].nunique()), "speech": about,
                     "nonspeechClips": int(((data.table.label == -1) & np.any([data.has[v] for v in recipe.variants], 0)).sum())}


def head(x, label, weight, chance, place, r, seed, progress):
    torch.manual_seed(1000 * r.seed + seed)
    net = nn.Sequential(nn.Dropout(r.dropout / 2), nn.Linear(x.shape[1], r.hidden), nn.GELU(), nn.Dropout(r.dropout), nn.Linear(r.hidden, 1)).train()
    opt = torch.optim.AdamW(net.parameters(), lr=r.rate, weight_decay=r.decay)
    from_step, mean, taken = r.steps - round(r.averaged * r.steps), None, 0
    for step in range(r.steps):
        for g in opt.param_groups:
            g["lr"] = r.rate * (1 - step / r.steps if not r.averaged else 1 if step < from_step else 0.5)
        c = torch.multinomial(weight, r.batch, True)
        v = torch.multinomial(chance[c], 1)[:, 0]
        k = torch.where(torch.rand(r.batch) < r.whole, 0, torch.randint(1, place.shape[1], (r.batch,))) if place.shape[1] > 1 else torch.zeros_like(c)
        z, y = x[place[v, k, c]].float(), label[c]
        if r.mixing < 1:
            share, other = r.mixing + (1 - r.mixing) * torch.rand(r.batch), torch.randperm(r.batch)
            z, y = share[:, None] * z + (1 - share)[:, None] * z[other], share * y + (1 - share) * y[other]
        loss = F.binary_cross_entropy_with_logits(net(z)[:, 0], y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step >= from_step and (step - from_step) % AVERAGED_EVERY == 0:
            taken += 1
            now = [p.detach().double() for p in net.parameters()]
            mean = now if mean is None else [m + (p - m) / taken for m, p in zip(mean, now)]
        progress(step + 1)
    if mean is not None:
        with torch.no_grad():
            for p, m in zip(net.parameters(), mean):
                p.copy_(m)
    return net.eval()


def speech_hops(data, recipe, held, rng):
    """(variant, row numbers of hops, 1 where speech, weight of each): voices' hops that are clearly one or the other, and hops without voice."""
    owner = np.repeat(np.arange(len(data.count)), data.count)
    label, fold = data.table.label.values[owner], folds.of_items(data.table)[owner]
    each = max(1, recipe.speech_hops // len(recipe.variants))
    for v in recipe.variants:
        have = data.has[v][owner] & (data.began[v] >= 0) & ((fold != held) if held is not None else True)
        share = data.share[v]
        clear = (share >= targets.SPEECH) | (share <= targets.PAUSE)
        for voices, mask, weight in ((True, have & (label >= 0) & clear, 1.0), (False, have & (label == -1), 0.5)):
            hops = np.flatnonzero(mask)
            hops = np.sort(rng.choice(hops, min(each, len(hops)), replace=False))
            if len(hops):
                yield v, hops, (share[hops] >= targets.SPEECH) & voices, np.full(len(hops), weight / len(hops)), voices


def speech_head(data, recipe, held, mean, scale):
    """Logistic regression on a hop's standardised statistics -> tensors, and what it makes of the hops it was fitted on."""
    xs, ys, ws, voices = [], [], [], []
    for v, hops, y, w, voice in speech_hops(data, recipe, held, np.random.default_rng([recipe.seed, 11])):
        s = pooling.statistics(pooling.kept_sums(data.kept[v][hops], recipe.pooled))
        xs.append(np.clip((s - mean) * scale, -recipe.limit, recipe.limit)); ys.append(y); ws.append(w); voices.append(np.full(len(y), voice))
    x, y, w = (torch.from_numpy(np.concatenate(v).astype(np.float32)) for v in (xs, ys, ws))
    w = w / w.sum()
    a, b = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    opt = torch.optim.LBFGS([a, b], max_iter=150, history_size=10, line_search_fn="strong_wolfe")

    def loss():
        opt.zero_grad()
        l = (w * F.binary_cross_entropy_with_logits(x @ a + b, y, reduction="none")).sum() + 1e-4 * (a * a).sum()
        l.backward()
        return l
    opt.step(loss)
    with torch.no_grad():
        on = (x @ a + b).numpy() >= 0
    y, voices = y.numpy() == 1, np.concatenate(voices)
    share = lambda keep: round(float(on[keep].mean()), 4) if keep.any() else None
    return ({"speech.weight": a.detach()[None].clone(), "speech.bias": b.detach().clone()},
            {"speechHeard": share(y), "pausesHeard": share(~y & voices), "nonspeechHeard": share(~voices)})


def about(recipe, seen, held):
    return {**asdict(recipe), "held": held, "seen": seen}
