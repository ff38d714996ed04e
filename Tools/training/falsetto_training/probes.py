"""Shortcut probes: what each nuisance alone tells of the label, and how far the score moves when it alone changes.

Two halves. `labels` needs no model: the EER that a nuisance alone reaches on clips of the train and the dev split, the way round that
it points on train. `moves` needs scores of sources left out: rank correlations, shifts of the score, shares of its variance.
"""
import os
import zlib

import numpy as np
import pandas as pd
import soxr
from scipy.signal import butter, sosfilt

from . import bank, channels, corpus, folds, hearing, hops, metrics, targets, validation
from .coding import opus37, together
from .encoder import Encoder

CATEGORIES = {"native codec": "native_codec", "native rate": "native_rate", "language": "language", "sex": "sex", "page": "source"}
LINES = {"as in the corpus": None, "narrow band": ("g711u", True)}


def measure(clips):
    rows = []
    for x in clips:
        a = targets.activity(x)
        on = np.flatnonzero(a)
        n = len(x) // 160
        db = 10 * np.log10((x[:n * 160].reshape(n, 160) ** 2).mean(1) + 1e-9)
        s = np.abs(np.fft.rfft(x * np.hanning(len(x)))) ** 2
        f = np.arange(len(s)) * 16000 / (2 * (len(s) - 1))
        low = s[(f > 300) & (f < 3400)].sum()
        rows.append({"level": db[db > db.max() - 30].mean(),
                     "leading silence": on[0] / 100 if len(on) else 9, "trailing silence": (len(a) - on[-1]) / 100 if len(on) else 9,
                     "noise floor": np.percentile(db, 5) - np.percentile(db, 95), "speech share": a.mean(),
                     "bandwidth": np.log((s[f > 3600].sum() + 1e-12) / (low + 1e-12)),
                     "tilt": np.log((s[(f > 1500) & (f < 3400)].sum() + 1e-12) / (s[(f > 300) & (f < 1500)].sum() + 1e-12))})
    return pd.DataFrame(rows)


def odds(category, y, fitted):
    """Log odds of synthetic in each category, from the rows `fitted`, classes balanced; one clip of each class beforehand, so that
    a category never met says nothing."""
    h = pd.Series(category[fitted & (y == 0)]).value_counts()
    s = pd.Series(category[fitted & (y == 1)]).value_counts()
    share = lambda c, n: (pd.Series(category).map(c).fillna(0).values + 1) / max(1, n)
    nh, ns = (fitted & (y == 0)).sum(), (fitted & (y == 1)).sum()
    known = pd.Series(category).isin(set(h.index) | set(s.index)).values
    return np.where(known, np.log(share(s, ns) / share(h, nh)), 0.0)


def trials(folder):
    """Both splits' human and synthetic rows; no neural codecs."""
    d = pd.read_csv(os.path.join(folder, "manifest.csv"), dtype=str, keep_default_na=False)
    d = d[d.label.isin(["bonafide", "spoof"]) & ~d.source.isin(corpus.EXCLUDED_SOURCES)]
    d = d[~((d.label == "spoof") & (d.system_family == "neural_codec"))].sort_values("path").reset_index(drop=True)
    d = d[~d.path.isin(pd.read_csv(corpus.CORRECTIONS).path)]       # what is doubtful tells nothing
    return d.assign(kind=d.label.map(corpus.KIND), owner=folds.owners(d), y=(d.label == "spoof").astype(int), duration=d.duration_s.astype(float))


def read(folder, paths):
    """Clips cut to 2.9 s; 8 kHz ones through the corpus' Opus step."""
    clips, narrow, progress = [], [], corpus.Progress("probes", len(paths))
    for k, p in enumerate(paths):
        x, rate = corpus.read16k(os.path.join(folder, p))
        if rate != corpus.RATE:
            narrow.append(k)
        clips.append(x)
        progress(k + 1)
    for k, y in zip(narrow, together([clips[k] for k in narrow], opus37) if narrow else []):
        clips[k] = y
    return [c[:validation.CUT] for c in clips]


def through(paths, clips, line):
    """Clips after a line of the reference bank, drawn by path, or as they are."""
    if line is None:
        return clips
    coder, is_narrow = line
    clips = [channels.ReferenceLine(zlib.crc32(p.encode()), is_narrow).before(c) for p, c in zip(paths, clips)]
    return batches(channels.coder(coder))(clips)


def batches(code):
    return lambda clips: [y for at in range(0, len(clips), 150) for y in together(clips[at:at + 150], code)]


def labels(folder, most=1500, seed=7):
    """Markdown lines: what each nuisance alone tells of the label. On dev nothing is fitted: direction and odds come from train.

    Train figures of categories are out of fold by source, but for the page: its own folds are by clip, since a page in another fold
    is a page never met. Dev has no page of train, so there a page says nothing by construction.
    """
    d = trials(folder)
    y, train, dev = d.y.values, (d.split == "train").values, (d.split == "dev").values
    rng = np.random.default_rng(seed)
    held = folds.assign(d[train])
    fold = np.array([held.get(s, -1) for s in d.source])
    lines = ["| nuisance alone | EER of the label from it: train | dev |", "| --- | --- | --- |"]

    def row(name, on_train, on_dev):
        lines.append(f"| {name} | {100 * on_train:.1f} % | " + (f"{100 * on_dev:.1f} % |" if on_dev is not None else "none of them in train |"))

    def quantity(name, v, chosen):
        t, e = train & chosen, dev & chosen
        way = 1 if metrics.eer(v[t], y[t]) <= 0.5 else -1
        row(name, metrics.eer(way * v[t], y[t]), metrics.eer(way * v[e], y[e]))

    everything = np.ones(len(d), bool)
    quantity(f"duration, all clips ({train.sum()} and {dev.sum()})", d.duration.values, everything)
    for name, column in CATEGORIES.items():
        c = d[column].values
        parts = rng.integers(0, folds.FOLDS, len(d)) if column == "source" else fold
        v = np.zeros(len(d))
        for k in range(folds.FOLDS):
            here = train & (parts == k)
            v[here] = odds(c, y, train & (parts != k))[here]
        row(f"{name} (as a category)", metrics.eer(v[train], y[train]), None if column == "source" else metrics.eer(odds(c, y, train)[dev], y[dev]))
    fit = d.duration.values >= 2.5
    chosen = np.sort(np.concatenate([rng.permutation(np.flatnonzero(fit & s))[:most] for s in (train, dev)]))
    paths = list(d.path[chosen])
    clips = read(folder, paths)
    for line, how in LINES.items():
        m = measure(through(paths, clips, how))
        for c in m:
            v = np.zeros(len(d))
            v[chosen] = m[c].values
            quantity(f"{c}, {line}", v, np.isin(np.arange(len(d)), chosen))
    return lines + ["", f"Measured quantities: {sum(train[chosen])} train and {sum(dev[chosen])} dev clips of at least 2.5 s, cut to 2.9 s."]


def alone(change):
    return lambda clips: [change(x) for x in clips]


def changes():
    """What -> clips before the change to clips after it."""
    rng = np.random.default_rng(3)
    low = butter(8, 3400, fs=16000, output="sos")
    level = lambda x: np.sqrt(np.mean(x ** 2) + 1e-9)
    return {
        "level: 10 dB quieter": alone(lambda x: x * 0.316),
        "level: 10 dB louder (clipped at full scale)": alone(lambda x: np.clip(x * 3.16, -1, 1)),
        "duration: first 1.5 s only": alone(lambda x: x[:24000]),
        "leading silence: 0.5 s of digital zeros before": alone(lambda x: np.concatenate([np.zeros(8000, np.float32), x])),
        "trailing silence: 0.5 s of digital zeros behind": alone(lambda x: np.concatenate([x, np.zeros(8000, np.float32)])),
        "leading and trailing silence cut": alone(trimmed),
        "noise floor: white noise at 20 dB": alone(lambda x: x + level(x) * 0.1 * rng.standard_normal(len(x)).astype(np.float32)),
        "noise floor: pauses set to zero": alone(gated),
        "bandwidth and native rate: low-pass 3.4 kHz": alone(lambda x: sosfilt(low, x).astype(np.float32)),
        "native codec: Opus 37 kbit/s once more": batches(opus37),
        "native codec: GSM-FR once more": batches(channels.coder("gsm")),
        "native codec: G.711 A-law once more": batches(channels.coder("g711a")),
        "sex: pitch and formants 12 % up": alone(lambda x: faster(x, 1.12)),
        "sex: pitch and formants 12 % down": alone(lambda x: faster(x, 0.89)),
    }


def faster(x, ratio):
    """Played faster or slower: the pitch and the length of the vocal tract of another speaker."""
    return soxr.resample(x, 16000 * ratio, 16000).astype(np.float32)


def trimmed(x):
    on = np.flatnonzero(targets.activity(x))
    return x[on[0] * 160:(on[-1] + 1) * 160 + 512] if len(on) else x


def gated(x):
    a = np.repeat(targets.activity(x), 160)
    y = x.copy()
    y[:len(a)][~a] = 0
    return y


def explained(score, category):
    """Share of the score's variance that a category explains, less what as many groups explain by chance (omega squared; Hays 1963)."""
    d = pd.DataFrame({"s": score, "c": category}).dropna()
    groups = d.groupby("c").s
    k, n = groups.ngroups, len(d)
    if k < 2 or n <= k:
        return np.nan
    total = ((d.s - d.s.mean()) ** 2).sum()
    between = (groups.size() * (groups.mean() - d.s.mean()) ** 2).sum()
    within = (total - between) / (n - k)
    return max(0.0, (between - (k - 1) * within) / (total + within))


def moves(folder, work, ears, d_all, most=200):
    """Markdown lines. d_all: the table of scores of sources left out; ears: fold -> the ear that left it out."""
    items, encoder = bank.items(work), Encoder(hops.tensors(work), hops.device())
    fold = folds.of_items(items)
    codec = pd.read_csv(os.path.join(folder, "manifest.csv"), dtype=str, keep_default_na=False).set_index("path").native_codec
    lines = ["| band | nuisance alone | EER of the label from it | rank correlation with the score, human | synthetic |",
             "| --- | --- | --- | --- | --- |"]
    shares = ["| band | category | share of the score's variance that it explains, human | synthetic |", "| --- | --- | --- | --- |"]
    moved = ["| band | change alone | mean shift, human | mean shift, synthetic | spread of shifts | EER before | after |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    groups = ["| band | group | human: trials, mean score | synthetic: trials, mean score |", "| --- | --- | --- | --- |"]
    for band in validation.BANDS:
        d = d_all[d_all.band == band].reset_index(drop=True)
        if not len(d):
            continue
        d["native_codec"] = d.path.map(codec).fillna("")
        clips = validation.audio(work, band, d.item.values)
        m = measure(clips)
        m.insert(0, "duration", d.seconds)
        m["native rate"] = [float(v) for v in bank.rates(d)]
        y = d.label.values
        for c in m:
            rank = [pd.Series(m[c][y == k]).corr(d.score[y == k], method="spearman") for k in (0, 1)]
            e = metrics.eer(m[c], y)
            lines.append(f"| {band} | {c} | {100 * min(e, 1 - e):.1f} % | {rank[0]:.2f} | {rank[1]:.2f} |")
        for name, column in CATEGORIES.items():
            share = [explained(d.score[y == k], d[column][y == k]) for k in (0, 1)]
            shares.append(f"| {band} | {name} | " + " | ".join("one group" if np.isnan(v) else f"{100 * v:.0f} %" for v in share) + " |")
        for g in ("language", "sex", "native_codec"):
            for v, part in d.groupby(g):
                h, s = part[part.label == 0], part[part.label == 1]
                if len(h) >= 30 or len(s) >= 30:
                    groups.append(f"| {band} | {g} {v or 'unknown'} | {len(h)}, {h.score.mean():.2f} | {len(s)}, {s.score.mean():.2f} |")
        in_fold = fold[d.item.values]
        pick = np.sort(np.random.default_rng(1).permutation(len(d))[:most])
        for name, change in changes().items():
            before, after = d.score.values[pick], np.full(len(pick), np.nan)
            for f, ear in ears.items():
                here = [k for k, i in enumerate(pick) if in_fold[i] == f]
                if here:
                    t = hearing.Hearing(encoder, ear, fast=True).tracks(change([clips[pick[k]] for k in here]))
                    after[here] = [hearing.summary(v)[0] for v in t]
            y_here = y[pick]
            shift = after - before
            moved.append(f"| {band} | {name} | {np.nanmean(shift[y_here == 0]):+.2f} | {np.nanmean(shift[y_here == 1]):+.2f} "
                         f"| {np.nanstd(shift):.2f} | {100 * metrics.eer(before, y_here):.1f} % | {100 * metrics.eer(after, y_here):.1f} % |")
    return lines + [""] + shares + [""] + moved + [""] + groups
